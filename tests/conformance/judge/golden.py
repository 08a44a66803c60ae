"""golden.json: written so that a diff of it can be read, and compared so that a failure can be understood."""

import json


def small(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def dump(result):
    """One line a config key, history entry, layer and file."""
    if result.get("fails"):
        return '{"fails": true}\n'
    parts = []
    for key in sorted(result):
        value = result[key]
        if isinstance(value, dict) and value:
            lines = ",\n".join(f"  {small(name)}: {small_nested(value[name])}" for name in sorted(value))
            parts.append(f" {small(key)}: {{\n{lines}\n }}")
        elif isinstance(value, list) and value:
            lines = ",\n".join(f"  {small(item)}" for item in value)
            parts.append(f" {small(key)}: [\n{lines}\n ]")
        else:
            parts.append(f" {small(key)}: {small(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def small_nested(value):
    """`config` has one more level worth lines of its own."""
    if isinstance(value, dict) and "type" not in value and len(value) > 2:
        lines = ",\n".join(f"   {small(name)}: {small(value[name])}" for name in sorted(value))
        return f"{{\n{lines}\n  }}"
    return small(value)


def differences(want, got, where=""):
    """Lines "where: expected …, got …"."""
    if isinstance(want, dict) and isinstance(got, dict):
        lines = []
        for key in sorted(want.keys() | got.keys()):
            there = f"{where}[{key}]" if "/" in key or "." in key else f"{where}.{key}" if where else key
            if key not in got:
                lines.append(f"{there}: expected {small(want[key])}, got nothing")
            elif key not in want:
                lines.append(f"{there}: expected nothing, got {small(got[key])}")
            else:
                lines += differences(want[key], got[key], there)
        return lines
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        return [line for i, pair in enumerate(zip(want, got)) for line in differences(*pair, f"{where}[{i}]")]
    if want == got and type(want) is type(got):
        return []
    return [f"{where}: expected {small(want)}, got {small(got)}"]
