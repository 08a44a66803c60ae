// Which stages an instruction takes files from, told before anything is expanded: the order of work
// depends on it.
#include "base/text.h"
#include "frontend/internal/build.h"

#include <utility>

namespace slipway::frontend {
namespace {

/// The `from` of a --mount as it stands there (it cannot hold variables); "" without one.
std::string mount_from(const std::string& mount) {
    std::string from;
    std::string field;
    bool quoted = false;
    const auto end_field = [&] {
        const auto pair = split_once(field, '=');
        if (pair && equals_ignoring_case(pair->first, "from")) from = pair->second;
        field.clear();
    };
    for (const char c : mount) {
        if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            end_field();
        } else {
            field += c;
        }
    }
    end_field();
    return from;
}

Stage& add_unregistered(Build& build, const std::string& base_name, dockerfile::Lines lines) {
    Stage stage;
    stage.base_name = base_name;
    stage.lines = lines;
    stage.platform = build.request.platform;
    stage.unregistered = true;
    return build.stages.add(std::move(stage));
}

Result<Stage*> find_copy_source(Build& build, const std::string& from, dockerfile::Lines lines) {
    const auto expanded = dockerfile::expand_word(
        from, [](std::string_view) { return std::nullopt; }, build.file.escape);
    if (!expanded || expanded->text != from) {
        return make_error(ErrorCode::kInvalidInput, "--from={}: variables are not expanded here",
                          from)
            .hint("define a stage with FROM and an ARG before the first FROM, and name that stage");
    }
    if (const auto position = parse_uint(from)) {
        if (Stage* stage = build.stages.at(*position)) return stage;
        return make_error(ErrorCode::kInvalidInput, "--from={}: there is no stage with this number",
                          from);
    }
    if (Stage* stage = build.stages.find(from)) return stage;
    return &add_unregistered(build, from, lines);
}

Stage& find_mount_source(Build& build, const std::string& mount, dockerfile::Lines lines) {
    std::string from = mount_from(mount);
    if (from.empty()) from = "scratch";
    if (Stage* stage = build.stages.find(from)) return *stage;
    Stage& added = add_unregistered(build, from, lines);
    added.placed = false;  // as the reference has it
    return added;
}

}  // namespace

Result<Command> make_command(Build& build, Stage& stage,
                             const dockerfile::Instruction& instruction) {
    Command command{.instruction = &instruction};
    if (const auto* copy = std::get_if<dockerfile::Copy>(&instruction.body);
        copy != nullptr && !copy->from.empty()) {
        SLIPWAY_ASSIGN(Stage* const source, find_copy_source(build, copy->from, instruction.lines));
        command.sources.push_back(source);
    } else if (const auto* run = std::get_if<dockerfile::Run>(&instruction.body)) {
        for (const std::string& mount : run->mounts) {
            command.sources.push_back(&find_mount_source(build, mount, instruction.lines));
        }
    }
    for (Stage* source : command.sources) stage.needs.emplace_back(source, instruction.lines);
    return command;
}

}  // namespace slipway::frontend
