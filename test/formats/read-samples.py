"""Reads what write-samples.ts wrote with pyarrow and fastavro and compares it value by value: read-samples.py DIRECTORY."""
import datetime
import decimal
import glob
import json
import os
import sys

import fastavro
import pyarrow.parquet

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def plain(name, value):
    """Values as expected.json has them."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if name == 'big':
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, decimal.Decimal):
        return format(value, 'f')
    if isinstance(value, datetime.datetime):
        return (value.replace(tzinfo=value.tzinfo or datetime.timezone.utc) - EPOCH) // datetime.timedelta(milliseconds=1)
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days
    if isinstance(value, datetime.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000
    if name == 'map':
        return dict(value)
    return value


def rows_of(path):
    if path.endswith('.parquet'):
        return pyarrow.parquet.read_table(path, page_checksum_verification=True).to_pylist()
    with open(path, 'rb') as file:
        return list(fastavro.reader(file))


directory = sys.argv[1]
with open(os.path.join(directory, 'expected.json')) as file:
    expected = json.load(file)
wrong = 0
for path in sorted(glob.glob(os.path.join(directory, '*.parquet')) + glob.glob(os.path.join(directory, '*.avro'))):
    found = [{name: plain(name, value) for name, value in row.items()} for row in rows_of(path)]
    different = [(i, name, found[i][name], row[name]) for i, row in enumerate(expected) for name in row if i >= len(found) or found[i][name] != row[name]]
    wrong += len(different)
    print(os.path.basename(path), f'{len(found)} rows', 'equal' if len(found) == len(expected) and not different else f'DIFFERENT: {different[:3]}')
sys.exit(1 if wrong > 0 else 0)
