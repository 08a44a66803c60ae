// RUN: one process, its mounts and secrets (llb-facts 2.7).
#include "base/path.h"
#include "base/text.h"
#include "base/utf8.h"
#include "frontend/internal/instructions.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

namespace slipway::frontend {
namespace {

constexpr std::string_view kScriptDir = "/dev/pipes/";

/// The first line of a script, for the step's name.
std::string summary_of(const std::string& script) {
    const std::string_view text = trim(script);
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::string(text);
    return std::string(trim(text.substr(0, end))) + "...";
}

/// RUN's part of the history: "|2 A=1 B=2 /bin/sh -c make" with every ARG declared so far.
std::string history_of(const Stage& stage, const std::vector<std::string>& args) {
    std::vector<std::string> words;
    std::map<std::string, std::size_t> places;
    for (const auto& [name, value] : stage.args) {
        std::string word = name + "=" + stage.state.env.find(name).value_or(value.value_or(""));
        const auto [place, added] = places.emplace(name, words.size());
        if (added) {
            words.push_back(std::move(word));
        } else {
            words[place->second] = std::move(word);
        }
    }
    if (!words.empty()) words.insert(words.begin(), fmt::format("|{}", words.size()));
    words.insert(words.end(), args.begin(), args.end());
    return join(words, " ");
}

/// Collects what one RUN needs.
class RunLowering {
  public:
    RunLowering(const Step& step, const dockerfile::Run& run) : step_(step), run_(run) {}

    Result<void> lower() {
        SLIPWAY_TRY(parse_mounts());
        step_.stage.paths->insert("/");  // it may read anything

        const std::vector<std::string> args = command();
        if (args.empty()) return make_error(ErrorCode::kInvalidInput, "RUN has no words to run");
        if (!std::ranges::all_of(args, is_utf8)) {
            return make_error(ErrorCode::kInvalidInput, "RUN holds bytes that are not UTF-8");
        }
        for (std::size_t i = 0; i < mounts_.size(); ++i)
            SLIPWAY_TRY(add_mount(mounts_[i], *step_.command.sources[i]));
        if (step_.build.request.shm_size > 0) {
            spec_.mounts.push_back({.kind = llb::MountSpec::Kind::kTmpfs,
                                    .target = "/dev/shm",
                                    .tmpfs_size = step_.build.request.shm_size});
        }
        fill_meta(args);
        State& state = step_.stage.state;
        spec_.root = state.files;
        spec_.platform = to_pb(step_.stage.platform);
        SLIPWAY_ASSIGN(spec_.network, network());
        if (run_.security == "insecure") spec_.security = pb::INSECURE;
        for (const dockerfile::Device& device : run_.devices)
            spec_.devices.push_back({.name = device.name, .optional = !device.required});
        llb::About about = this->about();
        state.files = step_.build.graph.exec(std::move(spec_), std::move(about));
        step_.add_history("RUN " + history_of(step_.stage, args) + " # buildkit", Layer::kOne);
        return {};
    }

  private:
    Result<void> parse_mounts() {
        const auto expand = [this](std::string_view value) { return step_.expand(value); };
        for (const std::string& text : run_.mounts) {
            SLIPWAY_ASSIGN(dockerfile::Mount mount, dockerfile::parse_mount(text, expand));
            mounts_.push_back(std::move(mount));
        }
        return {};
    }

    /// The words to run. A script that is one heredoc and names its interpreter becomes a file that
    /// is run.
    std::vector<std::string> command() {
        shown_ = step_.original();
        if (run_.heredocs.empty()) return with_shell(step_.stage, run_.command);
        dockerfile::CommandLine line;
        if (!run_.heredoc_only) {
            line.shell = dockerfile::with_heredocs(run_.command.shell, run_.heredocs);
            return with_shell(step_.stage, line);
        }
        const dockerfile::Heredoc& script = run_.heredocs.front();
        shown_ += fmt::format(" ({})", summary_of(script.raw));
        if (!script.body.starts_with("#!")) {
            line.shell = script.body;
            return with_shell(step_.stage, line);
        }
        llb::MountSpec mount;
        mount.source = inline_file(step_.build, script.name, script.body, 0755);
        mount.target = kScriptDir;
        mount.selector = "/";
        mount.readonly = true;
        spec_.mounts.push_back(std::move(mount));
        line.shell = join_path(kScriptDir, script.name);
        return with_shell(step_.stage, line);
    }

    void fill_meta(const std::vector<std::string>& args) {
        const State& state = step_.stage.state;
        spec_.meta.mutable_args()->Add(args.begin(), args.end());
        for (std::string& variable : state.env.to_list()) spec_.meta.add_env(std::move(variable));
        spec_.meta.set_cwd(state.working_dir);
        spec_.meta.set_user(state.user);
        const auto& args_given = step_.build.build_args;
        const auto hostname = args_given.find("BUILDKIT_SANDBOX_HOSTNAME");
        if (hostname != args_given.end()) spec_.meta.set_hostname(hostname->second);
        for (const auto& [name, address] : step_.build.request.extra_hosts) {
            auto* host = spec_.meta.add_extrahosts();
            host->set_host(name);
            host->set_ip(address);
        }
        for (const ResourceLimit& limit : step_.build.request.limits) {
            auto* made = spec_.meta.add_ulimit();
            made->set_name(limit.name);
            made->set_soft(limit.soft);
            made->set_hard(limit.hard);
        }
        if (step_.build.proxy) *spec_.meta.mutable_proxy_env() = *step_.build.proxy;
    }

    [[nodiscard]] Result<pb::NetMode> network() const {
        const std::string& asked = run_.network.empty() || run_.network == "default"
                                       ? step_.build.request.network
                                       : run_.network;
        if (asked == "host") return pb::HOST;
        if (asked == "none") return pb::NONE;
        if (asked.empty() || asked == "default" || asked == "sandbox") return pb::UNSET;
        return make_error(ErrorCode::kInvalidInput, "unknown network '{}'", asked)
            .hint("default, none or host");
    }

    [[nodiscard]] llb::About about() const {
        const auto lookup = [this](std::string_view name) -> std::optional<std::string> {
            const auto is_secret = [name](const dockerfile::Mount& mount) {
                return mount.type == dockerfile::Mount::Type::kSecret &&
                       mount.env == std::string(name);
            };
            if (std::ranges::any_of(mounts_, is_secret)) return "****";
            return step_.stage.state.env.find(name);
        };
        const auto expanded =
            dockerfile::expand_word(shown_, lookup, step_.build.file.escape,
                                    dockerfile::Quotes::kKeepShown, dockerfile::Unset::kLeave);
        llb::About about =
            step_.about_next(with_keyword_in_capitals(expanded ? expanded->text : shown_));
        about.description.emplace("com.docker.dockerfile.v1.command", step_.original());
        about.ignore_cache = step_.stage.ignore_cache;
        return about;
    }

    Result<void> add_mount(const dockerfile::Mount& mount, Stage& source) {
        using Type = dockerfile::Mount::Type;
        switch (mount.type) {
            case Type::kSecret:
                return add_secret(mount);
            case Type::kSsh:
                return add_ssh(mount);
            case Type::kBind:
            case Type::kCache:
            case Type::kTmpfs:
                return add_directory(mount, source);
        }
        return {};
    }

    Result<void> add_directory(const dockerfile::Mount& mount, Stage& source) {
        using Type = dockerfile::Mount::Type;
        llb::MountSpec made;
        if (mount.from.empty()) {
            if (mount.type == Type::kBind) {
                SLIPWAY_ASSIGN(made.source, context());
            }
        } else if (!source.dispatched) {
            return make_error(ErrorCode::kInvalidInput,
                              "--mount: stage '{}' must be defined before this one", mount.from);
        } else if (mount.type != Type::kTmpfs) {
            made.source = source.state.files;
        }
        made.readonly = mount.readonly.value_or(mount.type == Type::kBind);
        made.discard = mount.type == Type::kBind && !made.readonly;
        made.target = mount.target.starts_with('/')
                          ? mount.target
                          : join_path(join_path("/", step_.stage.state.working_dir), mount.target);
        if (made.target == "/")
            return make_error(ErrorCode::kInvalidInput, "--mount: the target cannot be '/'");
        if (mount.type == Type::kTmpfs) {
            made.kind = llb::MountSpec::Kind::kTmpfs;
            constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
            made.tmpfs_size = static_cast<std::int64_t>(std::min(mount.size.value_or(0), kLargest));
        } else if (mount.type == Type::kCache) {
            set_cache(made, mount);
        }
        const std::string path = join_path("/", mount.source);
        if (path != "/") {
            made.selector = path;
        } else if (mount.uid || mount.gid || mount.mode) {
            made.source = owned_directory(mount, made.source);
            made.selector = "/cache";
        }
        note_path(mount, source, path);
        spec_.mounts.push_back(std::move(made));
        return {};
    }

    [[nodiscard]] Result<llb::Ref> context() const {
        if (step_.build.request.has_context) return step_.build.context;
        return make_error(ErrorCode::kInvalidInput, "--mount: there is no build context to bind")
            .hint("give a directory, or name a stage or an image by from=");
    }

    void set_cache(llb::MountSpec& made, const dockerfile::Mount& mount) const {
        using Sharing = dockerfile::Mount::Sharing;
        const auto space = step_.build.build_args.find("BUILDKIT_CACHE_MOUNT_NS");
        made.kind = llb::MountSpec::Kind::kCache;
        made.cache_id = (space == step_.build.build_args.end() ? "" : space->second) + "/" +
                        (mount.id.empty() ? clean_path(mount.target) : mount.id);
        made.sharing = mount.sharing == Sharing::kPrivate  ? pb::PRIVATE
                       : mount.sharing == Sharing::kLocked ? pb::LOCKED
                                                           : pb::SHARED;
    }

    /// A fresh cache directory with the owner and mode that were asked for.
    [[nodiscard]] llb::Ref owned_directory(const dockerfile::Mount& mount, llb::Ref base) const {
        llb::FileStep make;
        pb::FileActionMkDir& action = *make.action.mutable_mkdir();
        action.set_path("/cache");
        action.set_mode(static_cast<std::int32_t>(mount.mode.value_or(0755) & 0777U));
        action.mutable_owner()->mutable_user()->set_byid(mount.uid.value_or(0));
        action.mutable_owner()->mutable_group()->set_byid(mount.gid.value_or(0));
        action.set_timestamp(-1);
        llb::About about;
        return step_.build.graph.file({.base = base, .steps = {std::move(make)}},
                                      about.named("[internal] setting cache mount permissions"));
    }

    void note_path(const dockerfile::Mount& mount, Stage& source, const std::string& path) const {
        if (!mount.from.empty() || mount.type == dockerfile::Mount::Type::kCache) {
            source.paths->insert(path);
        } else {
            step_.stage.context_paths.insert(path);
        }
    }

    Result<void> add_secret(const dockerfile::Mount& mount) {
        llb::SecretSpec secret;
        secret.id = mount.source.empty() ? mount.id : mount.source;
        if (secret.id.empty()) secret.id = base_name(mount.target);
        if (!mount.target.empty()) {
            secret.target = mount.target;
        } else if (!mount.env) {
            secret.target = fmt::format("/run/secrets/{}", base_name(secret.id));
        }
        secret.env = mount.env;
        secret.optional = !mount.required;
        secret.uid = mount.uid.value_or(0);
        secret.gid = mount.gid.value_or(0);
        secret.mode = mount.mode.value_or(0400);
        spec_.secrets.push_back(std::move(secret));
        return {};
    }

    Result<void> add_ssh(const dockerfile::Mount& mount) {
        if (!mount.source.empty()) {
            return make_error(ErrorCode::kInvalidInput, "--mount: an ssh mount has no 'source'");
        }
        llb::SshSpec ssh;
        ssh.id = mount.id;
        if (!mount.target.empty()) ssh.target = mount.target;
        ssh.optional = !mount.required;
        ssh.uid = mount.uid.value_or(0);
        ssh.gid = mount.gid.value_or(0);
        ssh.mode = mount.mode.value_or(0600);
        spec_.ssh.push_back(std::move(ssh));
        return {};
    }

    const Step& step_;
    const dockerfile::Run& run_;
    std::vector<dockerfile::Mount> mounts_;
    llb::ExecSpec spec_;
    std::string shown_;
};

}  // namespace

Result<void> lower_run(const Step& step, const dockerfile::Run& run) {
    return RunLowering(step, run).lower();
}

llb::Ref inline_file(Build& build, const std::string& name, const std::string& data,
                     std::int32_t mode) {
    llb::FileStep make;
    pb::FileActionMkFile& action = *make.action.mutable_mkfile();
    action.set_path(join_path("/", name));
    action.set_mode(mode);
    action.set_data(data);
    action.set_timestamp(-1);
    llb::About about;
    return build.graph.file({.base = {}, .steps = {std::move(make)}},
                            about.named("[internal] preparing inline document"));
}

}  // namespace slipway::frontend
