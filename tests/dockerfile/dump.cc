#include "dockerfile/dump.h"

#include <fmt/format.h>

namespace slipway::dockerfile::testing {

namespace {

template <typename T>
void put(Json& json, const char* key, const T& value) {
    if (value != T()) json[key] = value;
}

template <typename T>
void put(Json& json, const char* key, const std::optional<T>& value) {
    if (value) json[key] = *value;
}

Json dump(const Lines& lines) {
    return fmt::format("{}-{}", lines.first, lines.last);
}

Json dump(const CommandLine& command) {
    if (command.exec_form) return {{"exec", command.args}};
    return {{"shell", command.shell}};
}

Json dump(const std::vector<KeyValue>& items) {
    Json json = Json::array();
    for (const auto& item : items) json.push_back({item.key, item.value});
    return json;
}

Json dump(const std::vector<Heredoc>& heredocs) {
    Json json = Json::array();
    for (const auto& heredoc : heredocs) {
        Json item = {{"name", heredoc.name}, {"body", heredoc.body}, {"expand", heredoc.expand}};
        put(item, "fd", heredoc.fd);
        if (heredoc.strip_tabs) item["raw"] = heredoc.raw;
        json.push_back(std::move(item));
    }
    return json;
}

/// One overload for each instruction: what its body says, put into the instruction's record.
struct BodyDumper {
    Json& json;

    void operator()(const From& from) const {
        json["image"] = from.image;
        put(json, "platform", from.platform);
        put(json, "stage_name", from.stage_name);
    }
    void operator()(const Arg& arg) const {
        json["items"] = Json::array();
        for (const auto& item : arg.items) {
            json["items"].push_back(item.value ? Json{item.name, *item.value}
                                               : Json::array({item.name}));
        }
    }
    void operator()(const Env& env) const {
        json["items"] = dump(env.items);
        put(json, "legacy", env.legacy);
    }
    void operator()(const Label& label) const {
        json["items"] = dump(label.items);
        put(json, "legacy", label.legacy);
    }
    void operator()(const Run& run) const {
        json["command"] = dump(run.command);
        put(json, "mounts", run.mounts);
        put(json, "network", run.network);
        put(json, "security", run.security);
        Json devices = Json::array();
        for (const auto& device : run.devices)
            devices.push_back(device.name + (device.required ? " (required)" : ""));
        if (!devices.empty()) json["devices"] = devices;
        if (!run.heredocs.empty()) json["heredocs"] = dump(run.heredocs);
        put(json, "heredoc_only", run.heredoc_only);
        if (!run.heredocs.empty())
            json["with_heredocs"] = with_heredocs(run.command.shell, run.heredocs);
    }
    void operator()(const Copy& copy) const {
        json["sources"] = copy.sources;
        json["dest"] = copy.dest;
        if (!copy.heredocs.empty()) json["heredocs"] = dump(copy.heredocs);
        put(json, "from", copy.from);
        put(json, "chown", copy.chown);
        put(json, "chmod", copy.chmod);
        put(json, "link", copy.link);
        put(json, "parents", copy.parents);
        put(json, "excludes", copy.excludes);
        put(json, "keep_git_dir", copy.keep_git_dir);
        put(json, "unpack", copy.unpack);
        put(json, "checksum", copy.checksum);
    }
    void operator()(const Workdir& workdir) const { json["path"] = workdir.path; }
    void operator()(const User& user) const { json["user"] = user.user; }
    void operator()(const Cmd& cmd) const { json["command"] = dump(cmd.command); }
    void operator()(const Entrypoint& entrypoint) const {
        json["command"] = dump(entrypoint.command);
    }
    void operator()(const Shell& shell) const { json["args"] = shell.args; }
    void operator()(const Expose& expose) const { json["ports"] = expose.ports; }
    void operator()(const Volume& volume) const { json["paths"] = volume.paths; }
    void operator()(const StopSignal& signal) const { json["signal"] = signal.signal; }
    void operator()(const Maintainer& maintainer) const { json["name"] = maintainer.name; }
    void operator()(const OnBuild& onbuild) const { json["trigger"] = onbuild.trigger; }
    void operator()(const Healthcheck& check) const {
        if (check.none) {
            json["none"] = true;
            return;
        }
        json["command"] = dump(check.command);
        put(json, "interval_ns", check.interval_ns);
        put(json, "timeout_ns", check.timeout_ns);
        put(json, "start_period_ns", check.start_period_ns);
        put(json, "start_interval_ns", check.start_interval_ns);
        put(json, "retries", check.retries);
    }
};

Json dump(const std::vector<Instruction>& instructions) {
    Json json = Json::array();
    for (const auto& instruction : instructions) json.push_back(testing::dump(instruction));
    return json;
}

}  // namespace

Json dump(const Instruction& instruction) {
    Json json = {{"keyword", instruction.keyword},
                 {"original", instruction.original},
                 {"lines", dump(instruction.lines)}};
    put(json, "comments", instruction.comments);
    for (const auto& flag : instruction.flags) {
        json["flags"].push_back(flag.value ? Json{flag.name, *flag.value}
                                           : Json::array({flag.name}));
    }
    std::visit(BodyDumper{json}, instruction.body);
    return json;
}

Json dump(const Dockerfile& file) {
    Json json = {{"stages", Json::array()}};
    for (const auto& stage : file.stages) {
        json["stages"].push_back({{"name", stage.name},
                                  {"from", testing::dump(stage.from)},
                                  {"instructions", dump(stage.instructions)}});
    }
    if (file.escape != '\\') json["escape"] = std::string(1, file.escape);
    put(json, "syntax", file.syntax);
    put(json, "check", file.check);
    if (!file.meta_args.empty()) json["meta_args"] = dump(file.meta_args);
    for (const auto& warning : file.warnings) {
        json["warnings"].push_back({{"text", warning.text}, {"lines", dump(warning.lines)}});
    }
    return json;
}

}  // namespace slipway::dockerfile::testing
