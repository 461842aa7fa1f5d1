#!/usr/bin/env bash
# Makes movies.tsv and products.tsv again from the source package of vaderSentiment 2.5. See README.md.
# Needs pip and Python 3; writes beside itself; the same bytes every time, or an error.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m pip download --quiet --no-deps --no-binary :all: --dest "$work" vaderSentiment==2.5
python3 - "$work/vaderSentiment-2.5.tar.gz" "$here" <<'PYTHON'
import hashlib, io, pathlib, sys, tarfile

SOURCE = "b960c954831f5ca58afee61780cc04ed48e551b91e783bfcbfb2c18bb8081a84"
FILES = {"movies.tsv": "movieReviewSnippets_GroundTruth.txt", "products.tsv": "amazonReviewSnippets_GroundTruth.txt"}

package = pathlib.Path(sys.argv[1]).read_bytes()
if hashlib.sha256(package).hexdigest() != SOURCE:
    sys.exit("vaderSentiment-2.5.tar.gz is not the file that this was written for (its sha256 differs)")
with tarfile.open(fileobj=io.BytesIO(package)) as outer:
    inner = outer.extractfile("vaderSentiment-2.5/additional_resources/hutto_ICWSM_2014.tar.gz").read()
with tarfile.open(fileobj=io.BytesIO(inner)) as archive:
    for name, member in FILES.items():
        raw = archive.extractfile("hutto_ICWSM_2014/" + member).read()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("cp1252")
        rows = [line for line in text.replace("\r\n", "\n").split("\n") if line]
        for number, row in enumerate(rows, 1):
            if row.count("\t") != 2 or any(ord(c) < 32 and c != "\t" or 127 <= ord(c) < 160 for c in row):
                sys.exit(f"{member}, line {number}: not three clean columns")
        result = ("id\trating\ttext\n" + "\n".join(rows) + "\n").encode("utf-8")
        pathlib.Path(sys.argv[2], name).write_bytes(result)
        print(f"{name}: {len(rows)} rows from {member} (sha256 {hashlib.sha256(raw).hexdigest()})")
        print(f"{name}: sha256 {hashlib.sha256(result).hexdigest()}")
PYTHON
