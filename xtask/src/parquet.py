"""Opens the Parquet that `scap export` writes in pyarrow and DuckDB, and compares types and values.

Arguments: the output of `scap query --tables --format markdown`, the table, a Parquet file or folder, the same rows as JSON lines.
"""

import glob
import json
import os
import re
import sys

import duckdb
import pyarrow.parquet as pq

ARROW = {
    "text": ("large_string", "string_view", "string"),
    "int64": ("int64",),
    "uint64": ("uint64",),
    "bool": ("bool",),
    "timestamp(ns, UTC)": ("timestamp[ns, tz=UTC]",),
}
DUCKDB = {
    "text": ("VARCHAR",),
    "int64": ("BIGINT",),
    "uint64": ("UBIGINT",),
    "bool": ("BOOLEAN",),
    "timestamp(ns, UTC)": ("TIMESTAMPTZ_NS", "TIMESTAMP WITH TIME ZONE"),
}


def documented(page, table):
    section = re.search(rf"^## {table}$(.*?)(?=^## |\Z)", open(page).read(), re.M | re.S).group(1)
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", section, re.M))


def main():
    page, table, place, lines = sys.argv[1:]
    columns = documented(page, table)
    files = sorted(glob.glob(f"{place}/**/*.parquet", recursive=True)) if os.path.isdir(place) else [place]
    rows = 0
    for file in files:
        schema = pq.read_schema(file)
        found = {name: str(schema.field(name).type) for name in schema.names}
        assert list(found) == list(columns), (file, list(found))
        for name, ty in columns.items():
            assert found[name] in ARROW[ty], (file, name, ty, found[name])
        # One file, read as it is: pyarrow would make columns of the folders' names.
        rows += pq.ParquetFile(file).read().num_rows
    db = duckdb.connect()
    source = f"read_parquet({files!r}, hive_partitioning = false)"
    for name, ty, *_ in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall():
        assert ty in DUCKDB[columns[name]], (name, columns[name], ty)
    (counted,) = db.execute(f"SELECT count(*) FROM {source}").fetchone()
    wanted = [json.loads(line) for line in open(lines)]
    assert rows == counted == len(wanted), (rows, counted, len(wanted))
    names = [name for name, ty in columns.items() if not ty.startswith("timestamp")]
    order = ", ".join(name for name in ("trace", "num", "rule") if name in columns)
    shown = ", ".join(f'"{name}"' for name in names)
    db.execute(f"SELECT {shown} FROM {source} ORDER BY {order}")
    for want in wanted:
        got = dict(zip(names, db.fetchone()))
        assert got == {name: want[name] for name in names}, (got, want)
    print(f"parquet: {rows} rows of {table} in {len(files)} files: types and values as documented, in pyarrow and DuckDB")


main()
