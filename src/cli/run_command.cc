// slipway run: one process in a container of an image; what it writes is thrown away.
#include "base/path.h"
#include "base/text.h"
#include "cli/command.h"
#include "exec/sandbox.h"
#include "os/file.h"
#include "os/system.h"
#include "os/temp.h"
#include "progress/event.h"

#include <CLI/CLI.hpp>

namespace slipway::cli {

namespace {

struct RunFlags {
    std::string image;
    std::vector<std::string> args;
    std::string user;
    std::vector<std::string> env;
    std::string workdir;
    std::vector<std::string> volumes;
    std::string entrypoint;
    std::string hostname = "slipway";
    std::string network = "host";
    bool read_only = false;
    bool pull = false;
    bool remove = true;  ///< containers are always removed; the flag is taken for docker's sake
};

/// HOST:CONTAINER[:ro|rw]
Result<exec::SandboxMount> parse_volume(const std::string& text) {
    const auto parts = split(text, ':');
    const bool has_mode = parts.size() == 3 && (parts[2] == "ro" || parts[2] == "rw");
    if (parts.size() < 2 || (parts.size() == 3 && !has_mode) || parts.size() > 3 ||
        !parts[1].starts_with('/')) {
        return make_error(ErrorCode::kUsage, "-v '{}' is not HOST_PATH:CONTAINER_PATH[:ro]", text);
    }
    exec::SandboxMount mount;
    mount.kind = exec::SandboxMount::Kind::kBind;
    SLIPWAY_ASSIGN(mount.host_path, os::real_path(std::string(parts[0])).context("-v {}", text));
    mount.target = parts[1];
    mount.readonly = has_mode && parts[2] == "ro";
    return mount;
}

Result<exec::SandboxSpec> make_spec(const RunFlags& flags, const image::ImageConfig& config) {
    exec::SandboxSpec spec;
    if (flags.entrypoint.empty()) {
        spec.args = config.entrypoint;
        const auto& rest = flags.args.empty() ? config.cmd : flags.args;
        spec.args.insert(spec.args.end(), rest.begin(), rest.end());
    } else {
        spec.args = {flags.entrypoint};
        spec.args.insert(spec.args.end(), flags.args.begin(), flags.args.end());
    }
    if (spec.args.empty()) {
        return make_error(ErrorCode::kUsage, "image '{}' has no command of its own", flags.image)
            .hint("give one: slipway run " + flags.image + " COMMAND");
    }
    image::ImageConfig env = config;
    for (const auto& text : flags.env) {
        const auto pair = split_once(text, '=');
        if (pair) {
            env.set_env(pair->first, pair->second);
        } else if (auto value = os::get_env(text.c_str())) {
            env.set_env(text, *value);
        }
    }
    spec.env = env.env;
    spec.user = flags.user.empty() ? config.user : flags.user;
    spec.cwd = !flags.workdir.empty()       ? flags.workdir
               : config.working_dir.empty() ? "/"
                                            : config.working_dir;
    if (!spec.cwd.starts_with('/'))
        return make_error(ErrorCode::kUsage, "-w '{}' is not an absolute path", spec.cwd);
    spec.hostname = flags.hostname;
    if (flags.network != "host" && flags.network != "none") {
        return make_error(ErrorCode::kUsage, "--network '{}' is neither host nor none",
                          flags.network);
    }
    spec.network = flags.network == "none" ? exec::Network::kNone : exec::Network::kHost;
    spec.readonly_rootfs = flags.read_only;
    for (const auto& volume : flags.volumes) {
        SLIPWAY_ASSIGN(auto mount, parse_volume(volume));
        spec.mounts.push_back(std::move(mount));
    }
    spec.interactive = true;
    return spec;
}

Result<int> run_image(const RunFlags& flags, engine::Workspace& workspace,
                      const std::stop_token& stop) {
    SLIPWAY_ASSIGN(const auto platform,
                   image::Platform::parse("linux/" + os::machine_architecture()));
    auto& images = workspace.images();
    SLIPWAY_ASSIGN(
        const auto image,
        images.resolve(flags.image, platform,
                       flags.pull ? source::Pull::kAlways : source::Pull::kIfMissing, stop));
    SLIPWAY_ASSIGN(auto spec, make_spec(flags, image.config));
    progress::NullSink sink;
    SLIPWAY_ASSIGN(const auto snapshot, images.unpack(image, sink, image.manifest_digest, stop));
    SLIPWAY_ASSIGN(const auto dir, workspace.store().temp_dir("run"));
    SLIPWAY_ASSIGN(const auto runtime, exec::Runtime::find(dir.path() + "/runtime"));
    SLIPWAY_ASSIGN(const auto draft, workspace.layers().begin());
    spec.rootfs = dir.path() + "/rootfs";
    SLIPWAY_TRY(os::make_dirs(spec.rootfs));
    SLIPWAY_ASSIGN(const auto mount, workspace.layers().mount(snapshot, spec.rootfs, &draft));
    SLIPWAY_ASSIGN(const auto status, runtime.run(spec, stop));
    return status.code;
}

}  // namespace

void add_run_command(CLI::App& app, Globals& globals, Action& action) {
    auto flags = std::make_shared<RunFlags>();
    auto* command = app.add_subcommand("run", "Run a command in a container of an image");
    command->footer(
        "Examples:\n"
        "  slipway run app\n"
        "  slipway run -u 12345:0 -e LEVEL=debug app python3 -m worker\n"
        "  slipway run -v $PWD:/work -w /work --entrypoint /bin/sh app -c 'ls -l'\n"
        "\n"
        "What the container writes is thrown away, but for what goes to -v folders.");
    command->add_option("-u,--user", flags->user, "User (name or id), and group")
        ->type_name("USER[:GROUP]");
    command->add_option("-e,--env", flags->env, "Variable; without a value: ours")
        ->type_name("NAME[=VALUE]")
        ->allow_extra_args(false);
    command->add_option("-w,--workdir", flags->workdir, "Working directory");
    command->add_option("-v,--volume", flags->volumes, "Mount a host path")
        ->type_name("HOST:CONTAINER[:ro]")
        ->allow_extra_args(false);
    command->add_option("--entrypoint", flags->entrypoint,
                        "Run this instead of the image's entry point");
    command->add_option("--hostname", flags->hostname, "Host name in the container")
        ->capture_default_str();
    command->add_option("--network", flags->network, "Network")
        ->type_name("host|none")
        ->capture_default_str();
    command->add_flag("--read-only", flags->read_only, "The root file system cannot be written to");
    command->add_flag("--pull", flags->pull, "Ask the registry for a newer image first");
    command->add_flag("--rm", flags->remove,
                      "Accepted for docker's sake: containers never outlive their process");
    // The first word that is no flag is the image; all after it belongs to the container.
    command->prefix_command();
    command->callback([&globals, &action, flags, command] {
        auto words = command->remaining();
        if (words.empty()) throw CLI::RequiredError("IMAGE");
        flags->image = words.front();
        flags->args.assign(words.begin() + 1, words.end());
        action = [&globals, flags] {
            return with_engine(globals,
                               [&](engine::Workspace& workspace, const std::stop_token& stop) {
                                   const auto code = run_image(*flags, workspace, stop);
                                   return code ? *code : report(code.error());
                               });
        };
    });
}

}  // namespace slipway::cli
