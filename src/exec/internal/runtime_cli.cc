#include "exec/internal/runtime_cli.h"

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "os/file.h"

namespace slipway::exec {

RuntimeKind kind_of_runtime(std::string_view program) {
    const bool crun = base_name(program).find("crun") != std::string_view::npos;
    return crun ? RuntimeKind::kCrun : RuntimeKind::kRunc;
}

os::SpawnOptions RuntimeCli::command(std::vector<std::string> arguments) const {
    os::SpawnOptions options;
    options.argv = {program_, "--root", state_};
    // crun leaves the step in our own cgroup, with whatever limits we were started under.
    if (kind_ == RuntimeKind::kCrun) options.argv.emplace_back("--cgroup-manager=disabled");
    options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
    // Nothing of our environment: NOTIFY_SOCKET, LISTEN_FDS and XDG_RUNTIME_DIR mean something to
    // the runtimes.
    options.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    return options;
}

os::SpawnOptions RuntimeCli::run(const std::string& id, const std::string& bundle,
                                 const std::string& log) const {
    const char* format = kind_ == RuntimeKind::kCrun ? "text" : "json";
    return command({"--log", log, "--log-format", format, "run", "--bundle", bundle, id});
}

Result<void> RuntimeCli::kill(const std::string& id) const {
    SLIPWAY_ASSIGN(const os::Output output, os::run_command(command({"kill", id, "KILL"})));
    if (!output.status.ok()) return make_error(ErrorCode::kNotFound, "{}", trim(output.err));
    return {};
}

void RuntimeCli::remove_leftover(const std::string& id) const {
    if (!os::path_exists(state_ + "/" + id)) return;
    static_cast<void>(os::run_command(command({"delete", "--force", id})));
}

std::optional<std::string> find_runtime_error(RuntimeKind kind, std::string_view log) {
    std::optional<std::string> last;
    for (const std::string_view raw : split(log, '\n')) {
        const std::string_view line = trim(raw);
        if (line.empty()) continue;
        if (kind == RuntimeKind::kCrun) {
            last = line;
            continue;
        }
        const auto entry = parse_json(line);
        if (!entry) continue;
        const auto level = json_string(*entry, "level");
        if (!level || (*level != "error" && *level != "fatal")) continue;
        if (auto message = json_string(*entry, "msg"))
            last = std::string(trim(split(*message, '\n')[0]));
    }
    return last;
}

}  // namespace slipway::exec
