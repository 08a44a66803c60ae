"""A build graph (LLB) as plain data: decoded by the messages of src/llb/ops.proto, sources named so that they hold on
every machine.

Two graphs with the same description have the same bytes in every vertex, but for the differences below, because the
decoder refuses what is not the canonical encoding (fields in order, no default values, shortest numbers).
"""

import hashlib
import pathlib
import re

PROTO = pathlib.Path(__file__).resolve().parents[3] / "src/llb/ops.proto"

# Every difference that is not looked at, in source vertices and metadata:
#   session  local.session, local.unique and local.sharedkeyhint say which client serves a directory, not what is in it
#   digests  an image is named without its digest: the base images hold this machine's busybox
#   serve    the address of the harness's own server is "@SERVE@", that of its repositories "git:@SERVE@"
#   host     the architecture of this machine is "HOST"
#   caps     OpMetadata.caps tells a daemon what a vertex needs; the daemon is another here
#   lines    Definition.Source (line numbers, the Dockerfile's text) is for messages
SESSION_ATTRIBUTES = {"local.session", "local.unique", "local.sharedkeyhint"}
MESSAGE = re.compile(r"(message|enum) (\w+) \{((?:[^{}]|oneof \w+ \{[^{}]*\})*)\}")
FIELD = re.compile(r"(repeated )?(map<string, (\w+)>|\w+) (\w+) = (\d+);")


def load_messages():
    messages = {}
    text = re.sub(r"//.*", "", PROTO.read_text(encoding="utf-8"))
    for kind, name, body in MESSAGE.findall(text):
        if kind == "enum":
            continue
        oneof = re.findall(r"oneof \w+ \{([^{}]*)\}", body)
        chosen = {int(field[4]) for part in oneof for field in FIELD.findall(part)}
        messages[name] = {int(number): (field, value or type_, "map" if value else "list" if repeated else "one",
                                        int(number) in chosen)
                          for repeated, type_, value, field, number in FIELD.findall(body)}
    return messages


MESSAGES = load_messages()
STRINGS = {"string", "bytes"}


class NotCanonical(ValueError):
    pass


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            if byte == 0 and shift > 7:
                raise NotCanonical("a number is longer than it needs to be")
            return value, at


def signed(value, type_):
    return value - (1 << 64) if type_ in ("int32", "int64") and value >> 63 else value


def decode(data, name, strict=True):
    """{field: value}; maps as dicts, messages as dicts. `strict`: NotCanonical for what is not the one encoding."""
    found, at, last = {}, 0, (False, 0)
    while at < len(data):
        number, raw, at = next_field(data, at)
        if number not in MESSAGES[name]:
            raise ValueError(f"{name} has an unknown field {number}")
        field, type_, shape, chosen = MESSAGES[name][number]
        place = (chosen, number)              # Go's encoder writes the members of a oneof last
        if strict and (place < last or (place == last and shape == "one")):
            raise NotCanonical(f"{name}.{field} is out of order")
        last = place
        if shape == "map":
            key, value = read_entry(raw, type_, strict)
            entries = found.setdefault(field, {})
            if strict and entries and key <= max(entries):
                raise NotCanonical(f"{name}.{field} is not sorted")
            entries[key] = value
        elif shape == "list":
            packed_numbers = isinstance(raw, bytes) and type_ not in STRINGS and type_ not in MESSAGES
            found.setdefault(field, []).extend(packed(raw, type_) if packed_numbers else
                                               [read_value(raw, type_, strict)])
        else:
            found[field] = read_value(raw, type_, strict)
            if strict and not chosen and found[field] in (0, False, "", b""):
                raise NotCanonical(f"{name}.{field} is written with its default value")
    return found


def next_field(data, at):
    """(number, an int or bytes, where the next one begins)"""
    tag, at = varint(data, at)
    if tag & 7 == 0:
        value, at = varint(data, at)
        return tag >> 3, value, at
    if tag & 7 != 2:
        raise ValueError(f"a field has wire type {tag & 7}")
    size, at = varint(data, at)
    return tag >> 3, data[at:at + size], at + size


def read_value(raw, type_, strict):
    if type_ == "bytes":
        return raw
    if type_ == "string":
        return raw.decode()
    if type_ == "bool":
        return raw != 0
    return signed(raw, type_) if isinstance(raw, int) else decode(raw, type_, strict)


def read_entry(raw, type_, strict):
    """A map's entry: field 1 is the key, field 2 the value; a default value may be left out."""
    key, value, at = "", {"string": "", "bytes": b"", "bool": False}.get(type_, {}), 0
    while at < len(raw):
        number, part, at = next_field(raw, at)
        if number == 1:
            key = part.decode()
        else:
            value = read_value(part, type_, strict)
    return key, value


def packed(raw, type_):
    values, at = [], 0
    while at < len(raw):
        value, at = varint(raw, at)
        values.append(signed(value, type_))
    return values


def describe(definition, session):
    """{"vertices": […]}: inputs before their users, each vertex once, inputs as [position, output]."""
    encoded, metadata = decode_definition(definition)
    if not encoded:
        return {"vertices": []}
    ops = {digest_of(raw): decode(raw, "Op") for raw in encoded}
    last = digest_of(encoded[-1])
    places, vertices = {}, []
    stack = [(last, False)]
    while stack:
        digest, inputs_done = stack.pop()
        if digest in places:
            continue
        inputs = ops[digest].get("inputs", [])
        if not inputs_done:
            stack.append((digest, True))
            stack += [(item["digest"], False) for item in reversed(inputs)]
            continue
        places[digest] = len(vertices)
        vertex = dict(ops[digest])
        if inputs:
            vertex["inputs"] = [[places[item["digest"]], item.get("index", 0)] for item in inputs]
        about = describe_metadata(metadata.get(digest, {}))
        if about:
            vertex["metadata"] = about
        vertices.append(normal(vertex, session))
    return {"vertices": vertices}


def decode_definition(data):
    """([op bytes], {digest: metadata}). The envelope has no digest, so any order of it is right."""
    ops, metadata, at = [], {}, 0
    while at < len(data):
        number, raw, at = next_field(data, at)
        if number == 1:
            ops.append(raw)
        elif number == 2:
            digest, about = read_entry(raw, "OpMetadata", strict=False)
            metadata[digest] = about
    return ops, metadata


def digest_of(raw):
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def describe_metadata(metadata):
    about = {}
    if metadata.get("ignore_cache"):
        about["ignore_cache"] = True
    name = metadata.get("description", {}).get("llb.customname")
    if name:
        about["name"] = name
    group = metadata.get("progress_group")
    if group:
        about["group"] = {key: value for key, value in group.items() if key != "id"}
    return about


def normal(vertex, session):
    source = vertex.get("source")
    if source:
        source["identifier"] = re.sub(r"@sha256:[0-9a-f]{64}$", "", source["identifier"])
        attributes = {key: value for key, value in source.get("attrs", {}).items() if key not in SESSION_ATTRIBUTES}
        source.pop("attrs", None)
        if attributes:
            source["attrs"] = attributes
    platform = vertex.get("platform", {})
    if platform.get("Architecture") == session.architecture:
        platform["Architecture"] = "HOST"
    return plain(vertex, session)


def plain(value, session):
    if isinstance(value, dict):
        return {key: plain(item, session) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, session) for item in value]
    if isinstance(value, bytes):
        value = value.decode("utf-8") if is_utf8(value) else value.decode("latin-1")
    if isinstance(value, str):
        value = value.replace(session.server.url, "@SERVE@")
        value = value.replace("git:" + session.server.url.removeprefix("http:"), "git:@SERVE@")
        return re.sub(r"@sha256:[0-9a-f]{64}", "", value)
    return value


def is_utf8(value):
    try:
        value.decode("utf-8")
        return True
    except UnicodeDecodeError:
        return False
