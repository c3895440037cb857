#!/usr/bin/env node
import { endProcess, processHost } from '@millrace/core/cli'
import { runCli } from './main.ts'

void runCli(processHost(process.argv.slice(2))).then(endProcess)
