// ExecOp: one process on a snapshot. What it writes below "/" (and below writable mounts with an
// output) is its layer.
#include "base/path.h"
#include "base/text.h"
#include "engine/internal/context_layers.h"
#include "engine/internal/step_context.h"
#include "engine/value.h"
#include "exec/cache_mounts.h"
#include "os/file.h"
#include "os/temp.h"
#include "snapshot/copy_out.h"
#include "snapshot/file_ops.h"

#include <algorithm>
#include <map>

namespace slipway::engine {

namespace {

exec::Sharing sharing_of(pb::CacheSharingOpt sharing) {
    if (sharing == pb::LOCKED) return exec::Sharing::kLocked;
    return sharing == pb::PRIVATE ? exec::Sharing::kPrivate : exec::Sharing::kShared;
}

/// Proxy variables reach the process in both spellings, and no key.
void add_proxies(const pb::ProxyEnv& proxies, std::vector<std::string>& env) {
    const std::pair<const char*, const std::string*> variables[] = {
        {"HTTP_PROXY", &proxies.http_proxy()},
        {"HTTPS_PROXY", &proxies.https_proxy()},
        {"FTP_PROXY", &proxies.ftp_proxy()},
        {"NO_PROXY", &proxies.no_proxy()},
        {"ALL_PROXY", &proxies.all_proxy()}};
    for (const auto& [name, value] : variables) {
        if (value->empty()) continue;
        env.push_back(std::string(name) + "=" + *value);
        env.push_back(to_lower(name) + "=" + *value);
    }
}

class ExecStep final : public SnapshotStep {
  public:
    ExecStep(BuildContext& build, const llb::Vertex& vertex, std::vector<StepInput> inputs)
        : SnapshotStep(build),
          id_(vertex.digest),
          op_(vertex.op.exec()),
          inputs_(std::move(inputs)) {
        if (!vertex.op.has_platform()) return;
        const pb::Platform& platform = vertex.op.platform();
        platform_ =
            image::Platform{platform.os(), platform.architecture(), platform.variant()}.to_string();
    }

    Result<solver::Key> definition_key(std::span<const Digest> inputs,
                                       std::stop_token stop) override {
        auto ingredients = operation();
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            if (!inputs_[i].context) continue;
            std::vector<snapshot::Selection> selections;
            for (const auto& mount : op_.mounts()) {
                if (has_input(mount) && index_of(mount) == i) {
                    selections.push_back(selection_of(mount));
                }
            }
            SLIPWAY_TRY(
                add_context_ingredients(*inputs_[i].context, selections, ingredients, stop));
        }
        return make_key(std::move(ingredients), inputs);
    }

    Result<std::optional<solver::Key>> content_key(std::span<const solver::Output> inputs,
                                                   std::stop_token stop) override {
        if (only_contexts(inputs_)) return std::optional<solver::Key>();
        auto& layers = build_.workspace.layers();
        auto ingredients = operation();
        for (const auto& mount : op_.mounts()) {
            if (!has_input(mount)) continue;
            const auto& input = inputs_[index_of(mount)];
            if (input.context) {
                SLIPWAY_TRY(add_context_ingredients(*input.context, {selection_of(mount)},
                                                    ingredients, stop));
                continue;
            }
            SLIPWAY_ASSIGN(const auto snapshot, to_snapshot(inputs[index_of(mount)]));
            Digest content;
            if (mount.output() >=
                0) {  // what is not selected stays in the result, so it counts too
                SLIPWAY_ASSIGN(content, layers.content_digest(snapshot));
            } else {
                SLIPWAY_ASSIGN(const auto view, layers.view(snapshot));
                SLIPWAY_ASSIGN(content, snapshot::digest_selections(view, {selection_of(mount)},
                                                                    build_.workspace.cpu_pool()));
            }
            ingredients.push_back(
                {"content of '" + input.name + "' at " + mount.dest(), content.to_string()});
        }
        return std::optional(make_key(std::move(ingredients)));
    }

    Result<std::vector<solver::Output>> run(std::span<const solver::Output> inputs,
                                            std::stop_token stop) override;

  private:
    /// What is mounted while the process runs; undone from the last to the first.
    struct Session {
        os::TempDir dir;
        std::vector<os::MountPoint> mounts;
        std::vector<exec::CacheMount> caches;
        std::vector<exec::SshSocket> ssh_sockets;
        std::map<std::int64_t, std::pair<snapshot::Snapshot, snapshot::LayerDraft>>
            drafts;  ///< by output
        std::vector<snapshot::LayerDraft> thrown_away;
        exec::SandboxSpec spec;

        explicit Session(os::TempDir directory) : dir(std::move(directory)) {}
        Session(Session&&) = default;
        Session& operator=(Session&&) = delete;
        ~Session() {
            while (!mounts.empty()) mounts.pop_back();
        }
    };

    [[nodiscard]] static bool has_input(const pb::Mount& mount) { return mount.input() >= 0; }
    [[nodiscard]] static std::size_t index_of(const pb::Mount& mount) {
        return static_cast<std::size_t>(mount.input());
    }
    [[nodiscard]] static snapshot::Selection selection_of(const pb::Mount& mount) {
        return {.path = mount.selector().empty() ? "/" : mount.selector()};
    }

    [[nodiscard]] std::vector<solver::Ingredient> operation() const;
    Result<void> prepare(Session& session, std::span<const solver::Output> inputs,
                         const std::stop_token& stop);
    Result<void> add_bind(Session& session, const pb::Mount& mount,
                          std::span<const solver::Output> inputs, const std::stop_token& stop);
    Result<void> add_cache(Session& session, const pb::Mount& mount,
                           std::span<const solver::Output> inputs, const std::stop_token& stop);
    Result<void> add_secret(Session& session, const pb::Mount& mount);
    Result<void> add_secret_variables(Session& session);
    Result<void> add_ssh(Session& session, const pb::Mount& mount);
    /// The error of a process that ended with a status that is not valid.
    [[nodiscard]] Error failure(const exec::SandboxExit& status) const;
    /// The input's snapshot mounted somewhere in the session's directory; writes go to `draft` when
    /// given.
    Result<std::string> mount_snapshot(Session& session, const snapshot::Snapshot& snapshot,
                                       const snapshot::LayerDraft* draft);
    Result<snapshot::Snapshot> snapshot_of(const pb::Mount& mount,
                                           std::span<const solver::Output> inputs,
                                           const std::stop_token& stop);

    Digest id_;
    pb::ExecOp op_;
    std::string platform_;
    std::vector<StepInput> inputs_;
};

std::vector<solver::Ingredient> ExecStep::operation() const {
    const auto& meta = op_.meta();
    std::vector<solver::Ingredient> ingredients;
    Sha256 command;
    for (const auto& arg : meta.args()) command.field(arg);
    ingredients.push_back({"command", command.finish().to_string()});
    for (const auto& variable : meta.env()) {
        const auto pair = split_once(variable, '=');
        const std::string name(pair ? pair->first : std::string_view(variable));
        ingredients.push_back(
            {"variable " + name, hidden(pair ? pair->second : std::string_view())});
    }
    ingredients.push_back({"working directory", meta.cwd()});
    ingredients.push_back({"user", meta.user()});
    ingredients.push_back({"platform", platform_});
    // The rest, without what does not change the result: proxies, addresses of extra hosts, names
    // of cache mounts.
    pb::ExecOp rest = op_;
    rest.mutable_meta()->clear_args();
    rest.mutable_meta()->clear_env();
    rest.mutable_meta()->clear_cwd();
    rest.mutable_meta()->clear_user();
    rest.mutable_meta()->clear_proxy_env();
    for (auto& host : *rest.mutable_meta()->mutable_extrahosts()) host.clear_ip();
    for (auto& mount : *rest.mutable_mounts()) {
        if (mount.has_cacheopt()) mount.clear_cacheopt();
    }
    ingredients.push_back(
        {"mounts, network and other settings", hidden(llb::marshal_deterministic(rest))});
    return ingredients;
}

Result<snapshot::Snapshot> ExecStep::snapshot_of(const pb::Mount& mount,
                                                 std::span<const solver::Output> inputs,
                                                 const std::stop_token& stop) {
    if (!has_input(mount)) return snapshot::Snapshot();
    const auto& input = inputs_[index_of(mount)];
    if (input.context) return materialize(build_, *input.context, selection_of(mount).path, stop);
    return to_snapshot(inputs[index_of(mount)]);
}

Result<std::string> ExecStep::mount_snapshot(Session& session, const snapshot::Snapshot& snapshot,
                                             const snapshot::LayerDraft* draft) {
    const std::string target = session.dir.path() + "/" + std::to_string(session.mounts.size());
    SLIPWAY_TRY(os::make_dirs(target));
    SLIPWAY_ASSIGN(auto mount, build_.workspace.layers().mount(snapshot, target, draft));
    session.mounts.push_back(std::move(mount));
    return target;
}

Result<void> ExecStep::add_bind(Session& session, const pb::Mount& mount,
                                std::span<const solver::Output> inputs,
                                const std::stop_token& stop) {
    SLIPWAY_ASSIGN(const auto snapshot, snapshot_of(mount, inputs, stop));
    std::string target;
    if (mount.readonly()) {
        SLIPWAY_ASSIGN(target, mount_snapshot(session, snapshot, nullptr));
    } else {
        SLIPWAY_ASSIGN(auto draft, build_.workspace.layers().begin());
        SLIPWAY_ASSIGN(target, mount_snapshot(session, snapshot, &draft));
        if (mount.output() >= 0) {
            session.drafts.emplace(mount.output(), std::pair(snapshot, std::move(draft)));
        } else {
            session.thrown_away.push_back(std::move(draft));
        }
    }
    SLIPWAY_ASSIGN(const auto view, build_.workspace.layers().view(snapshot));
    SLIPWAY_ASSIGN(const auto selected,
                   view.resolve(selection_of(mount).path, snapshot::FollowLast::kYes));
    if (!selected.is_root() && !view.find(selected.text())) {
        return make_error(ErrorCode::kNotFound, "mount source '{}' does not exist",
                          mount.selector());
    }
    if (mount.dest() == "/") {
        session.spec.rootfs = selected.is_root() ? target : target + "/" + selected.text();
        session.spec.readonly_rootfs = mount.readonly();
        return {};
    }
    exec::SandboxMount bind;
    bind.kind = exec::SandboxMount::Kind::kBind;
    bind.target = join_path(op_.meta().cwd(), mount.dest());
    bind.host_path = selected.is_root() ? target : target + "/" + selected.text();
    bind.readonly = mount.readonly();
    session.spec.mounts.push_back(std::move(bind));
    return {};
}

Result<void> ExecStep::add_cache(Session& session, const pb::Mount& mount,
                                 std::span<const solver::Output> inputs,
                                 const std::stop_token& stop) {
    auto& layers = build_.workspace.layers();
    SLIPWAY_ASSIGN(const auto snapshot, snapshot_of(mount, inputs, stop));
    SLIPWAY_ASSIGN(const auto view, layers.view(snapshot));
    SLIPWAY_ASSIGN(const auto selected,
                   view.resolve(selection_of(mount).path, snapshot::FollowLast::kYes));
    exec::CacheMountOwner owner;
    if (const auto located = view.find(selected.text())) {
        owner = {.uid = located->entry->uid,
                 .gid = located->entry->gid,
                 .mode = located->entry->mode & 07777U};
    } else if (!selected.is_root()) {
        return make_error(ErrorCode::kNotFound, "cache mount source '{}' does not exist",
                          mount.selector());
    }
    std::string identity;
    if (!snapshot.empty()) {
        SLIPWAY_ASSIGN(
            const auto content,
            snapshot::digest_selections(view, {selection_of(mount)}, build_.workspace.cpu_pool()));
        identity = content.to_string();
    }
    const auto fill = [&](const std::string& host_path) -> Result<void> {
        if (snapshot.empty()) return {};
        SLIPWAY_ASSIGN(const auto to, os::Dir::open(host_path));
        return snapshot::copy_out(view, selected.text(), to, {}, stop);
    };
    SLIPWAY_ASSIGN(auto cache,
                   exec::acquire_cache_mount(build_.workspace.store(), mount.cacheopt().id(),
                                             sharing_of(mount.cacheopt().sharing()), owner,
                                             identity, fill, stop));
    exec::SandboxMount bind;
    bind.kind = exec::SandboxMount::Kind::kBind;
    bind.target = join_path(op_.meta().cwd(), mount.dest());
    bind.host_path = cache.host_path;
    bind.readonly = mount.readonly();
    session.spec.mounts.push_back(std::move(bind));
    session.caches.push_back(std::move(cache));
    return {};
}

Result<void> ExecStep::add_secret(Session& session, const pb::Mount& mount) {
    const auto& option = mount.secretopt();
    const auto found = build_.options.secrets.find(option.id());
    if (found == build_.options.secrets.end()) {
        if (option.optional()) return {};
        return make_error(ErrorCode::kNotFound, "secret '{}' was not given", option.id())
            .hint("add --secret id=" + option.id() + ",src=FILE");
    }
    exec::SandboxMount secret;
    secret.kind = exec::SandboxMount::Kind::kSecret;
    secret.target = join_path(op_.meta().cwd(), mount.dest());
    secret.readonly = true;
    secret.secret_value = found->second;
    secret.uid = option.uid();
    secret.gid = option.gid();
    secret.mode = option.mode();
    session.spec.mounts.push_back(std::move(secret));
    return {};
}

Result<void> ExecStep::add_ssh(Session& session, const pb::Mount& mount) {
    const auto& option = mount.sshopt();
    const auto agent = build_.ssh.find(option.id());
    if (!agent) return {};  // a required one was asked for before anything ran
    const std::string name = fmt::format("ssh-{}", session.ssh_sockets.size());
    SLIPWAY_ASSIGN(const auto dir, os::Dir::open(session.dir.path()));
    SLIPWAY_ASSIGN(auto socket, exec::SshSocket::open(dir, name, option.mode(), option.uid(),
                                                      option.gid(), *agent));
    session.ssh_sockets.push_back(std::move(socket));
    exec::SandboxMount bind;
    bind.kind = exec::SandboxMount::Kind::kBind;
    bind.target = join_path(op_.meta().cwd(), mount.dest());
    bind.host_path = session.dir.path() + "/" + name;
    session.spec.mounts.push_back(std::move(bind));
    return {};
}

Result<void> ExecStep::add_secret_variables(Session& session) {
    for (const auto& variable : op_.secretenv()) {
        const auto found = build_.options.secrets.find(variable.id());
        if (found != build_.options.secrets.end()) {
            session.spec.secret_env.emplace_back(variable.name(), found->second);
        } else if (!variable.optional()) {
            return make_error(ErrorCode::kNotFound, "secret '{}' was not given", variable.id())
                .hint("add --secret id=" + variable.id() + ",src=FILE");
        }
    }
    return {};
}

Result<void> ExecStep::prepare(Session& session, std::span<const solver::Output> inputs,
                               const std::stop_token& stop) {
    const auto& meta = op_.meta();
    auto& spec = session.spec;
    spec.args.assign(meta.args().begin(), meta.args().end());
    spec.env.assign(meta.env().begin(), meta.env().end());
    add_proxies(meta.proxy_env(), spec.env);
    spec.cwd = meta.cwd().empty() ? "/" : join_path("/", meta.cwd());
    spec.user = meta.user();
    if (!meta.hostname().empty()) spec.hostname = meta.hostname();
    for (const auto& host : meta.extrahosts())
        spec.extra_hosts.emplace_back(host.host(), host.ip());
    for (const auto& limit : meta.ulimit())
        spec.limits.push_back({limit.name(), limit.soft(), limit.hard()});
    spec.network = op_.network() == pb::NONE ? exec::Network::kNone : exec::Network::kHost;
    if (op_.security() == pb::INSECURE) spec.security = exec::Security::kInsecure;
    SLIPWAY_ASSIGN(const auto devices, choose_devices(op_, build_.options.allowed, build_.devices));
    SLIPWAY_ASSIGN(spec.edits, build_.devices.edits(devices));
    SLIPWAY_TRY(add_secret_variables(session));

    // Shorter destinations first: a mount below another must come after it.
    std::vector<const pb::Mount*> mounts;
    for (const auto& mount : op_.mounts()) mounts.push_back(&mount);
    std::ranges::stable_sort(
        mounts, {}, [](const pb::Mount* mount) { return path_components(mount->dest()).size(); });
    for (const auto* mount : mounts) {
        if (mount->mounttype() == pb::BIND) {
            SLIPWAY_TRY(add_bind(session, *mount, inputs, stop));
        } else if (mount->mounttype() == pb::CACHE) {
            SLIPWAY_TRY(add_cache(session, *mount, inputs, stop));
        } else if (mount->mounttype() == pb::SECRET) {
            SLIPWAY_TRY(add_secret(session, *mount));
        } else if (mount->mounttype() == pb::SSH) {
            SLIPWAY_TRY(add_ssh(session, *mount));
        } else if (mount->mounttype() == pb::TMPFS) {
            exec::SandboxMount tmpfs;
            tmpfs.kind = exec::SandboxMount::Kind::kTmpfs;
            tmpfs.target = join_path(meta.cwd(), mount->dest());
            tmpfs.readonly = mount->readonly();
            tmpfs.tmpfs_size =
                static_cast<std::uint64_t>(std::max<std::int64_t>(0, mount->tmpfsopt().size()));
            spec.mounts.push_back(std::move(tmpfs));
        } else {
            return make_error(ErrorCode::kInternal, "mount type {}",
                              pb::MountType_Name(mount->mounttype()));
        }
    }
    return {};
}

Error ExecStep::failure(const exec::SandboxExit& status) const {
    const std::vector<std::string> args(op_.meta().args().begin(), op_.meta().args().end());
    auto error = make_error(ErrorCode::kStepFailed,
                            "process \"{}\" did not complete successfully: exit code: {}",
                            join(args, " "), status.code)
                     .exit_status(status.code);
    if (!status.out_of_memory) return error;
    return std::move(error).hint(
        "a process was killed for lack of memory meanwhile: run fewer jobs at once (make -jN), or "
        "fewer steps (--max-parallelism)");
}

Result<std::vector<solver::Output>> ExecStep::run(std::span<const solver::Output> inputs,
                                                  std::stop_token stop) {
    SLIPWAY_ASSIGN(auto dir, os::TempDir::create(build_.scratch_dir, "exec"));
    std::map<std::int64_t, std::pair<snapshot::Snapshot, snapshot::LayerDraft>> drafts;
    {
        Session session(std::move(dir));
        SLIPWAY_TRY(prepare(session, inputs, stop));
        session.spec.on_output = [this](int stream, std::string_view text) {
            build_.sink.emit(progress::StepLog{id_, stream, std::string(text)});
        };
        SLIPWAY_ASSIGN(const auto status, build_.runtime->run(session.spec, stop));
        const auto& valid = op_.meta().validexitcodes();
        const bool ok =
            valid.empty() ? status.ok() : std::ranges::find(valid, status.code) != valid.end();
        if (!ok) {
            return failure(status);
        }
        drafts = std::move(session.drafts);
    }  // unmounted: the drafts are complete
    std::vector<solver::Output> outputs(drafts.size());
    for (auto& [slot, draft] : drafts) {
        if (slot >= static_cast<std::int64_t>(outputs.size())) {
            return make_error(ErrorCode::kInvalidInput,
                              "the outputs of the step are not numbered from 0");
        }
        SLIPWAY_ASSIGN(auto layer, build_.workspace.layers().commit(std::move(draft.second)));
        draft.first.push_back(std::move(layer));
        outputs[static_cast<std::size_t>(slot)] = to_output(draft.first);
    }
    return outputs;
}

}  // namespace

std::unique_ptr<solver::Step> make_exec_step(BuildContext& build, const llb::Vertex& vertex,
                                             std::vector<StepInput> inputs) {
    return std::make_unique<ExecStep>(build, vertex, std::move(inputs));
}

}  // namespace slipway::engine
