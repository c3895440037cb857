import type { Logger } from '@millrace/core/spi'

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
