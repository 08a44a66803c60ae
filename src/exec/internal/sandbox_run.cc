#include "exec/internal/sandbox_run.h"

#include "base/path.h"
#include "base/text.h"
#include "exec/internal/capabilities.h"
#include "exec/internal/command_lookup.h"
#include "exec/internal/net_files.h"
#include "exec/internal/output_pump.h"
#include "exec/internal/rooted.h"
#include "exec/internal/seccomp.h"
#include "os/file.h"
#include "os/system.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <iterator>
#include <thread>

namespace slipway::exec {
namespace {

constexpr FileOwner kPublicFile = {.uid = 0, .gid = 0, .mode = 0644};
constexpr auto kKillInterval = std::chrono::milliseconds(50);
constexpr int kKillAttempts = 60;

bool kernel_has_seccomp() {
    return os::path_exists("/proc/sys/kernel/seccomp/actions_avail");
}
bool kernel_has_cgroup_namespace() {
    return os::path_exists("/proc/self/ns/cgroup");
}
bool cgroups_are_v2() {
    return os::path_exists("/sys/fs/cgroup/cgroup.controllers");
}

/// How many processes the kernel killed for lack of memory since it was started.
std::uint64_t count_oom_kills() {
    const auto text = os::read_file("/proc/vmstat");
    if (!text) return 0;
    for (const std::string_view line : split(*text, '\n')) {
        constexpr std::string_view kKey = "oom_kill ";
        if (line.starts_with(kKey)) return parse_uint(trim(line.substr(kKey.size()))).value_or(0);
    }
    return 0;
}

/// Has the process ended, though nobody has waited for it yet?
bool is_zombie(pid_t pid) {
    const auto text = os::read_file(fmt::format("/proc/{}/stat", pid));
    if (!text) return true;
    const auto name_end = text->rfind(')');
    return name_end != std::string::npos && text->substr(name_end + 1).starts_with(" Z");
}

/// Kills every process whose root directory this is. For the container of a runtime that was killed
/// before it wrote down what it had started.
void kill_processes_in(const os::Dir& root) {
    const auto wanted = root.stat(RelPath());
    const auto proc = os::Dir::open("/proc");
    if (!wanted || !proc) return;
    const auto entries = proc->list(RelPath());
    if (!entries) return;
    for (const os::DirEntry& entry : *entries) {
        const auto pid = parse_uint(entry.name);
        if (!pid) continue;
        const auto its_root = os::Dir::open(fmt::format("/proc/{}/root", *pid));
        if (!its_root) continue;  // it has ended, or is a thread of the kernel
        const auto info = its_root->stat(RelPath());
        if (info && info->device == wanted->device && info->inode == wanted->inode)
            ::kill(static_cast<pid_t>(*pid), SIGKILL);
    }
}

/// The runtimes put things into these by name: where an image has a link instead, runc 1.1 follows
/// it out of the root. Those that are missing are made (and stay), since crun gives them other
/// modes.
Result<void> make_standard_folders(const os::Dir& root) {
    for (const char* name : {"proc", "sys", "dev"}) {
        const RelPath path = RelPath().child(name);
        SLIPWAY_ASSIGN(const auto info, root.find(path));
        if (!info) SLIPWAY_TRY(root.make_dir(path, 0755));
        if (!info || info->is_dir()) continue;
        return make_error(ErrorCode::kInvalidInput, "'/{}' is {} in this root file system", name,
                          info->is_symlink() ? "a symbolic link" : "not a directory");
    }
    return {};
}

bool is_directory(const std::string& host_path) {
    return os::Dir::open(host_path).has_value();
}

/// What a step without a sandbox finds besides the standard nodes, as the reference has it; loop
/// devices as many as the host has, and eight more.
void add_insecure_devices(std::vector<ConfigDevice>& devices) {
    static constexpr std::array<std::pair<const char*, std::pair<unsigned, unsigned>>, 6> kNodes = {
        {{"/dev/kmsg", {1, 11}},
         {"/dev/cuse", {10, 203}},
         {"/dev/fuse", {10, 229}},
         {"/dev/kvm", {10, 232}},
         {"/dev/net/tun", {10, 200}},
         {"/dev/loop-control", {10, 237}}}};
    for (const auto& [path, number] : kNodes)
        devices.push_back({.path = path, .major = number.first, .minor = number.second});
    constexpr unsigned kLoopMajor = 7;
    constexpr unsigned kMoreLoops = 8;
    unsigned loops = 0;
    while (os::path_exists(fmt::format("/dev/loop{}", loops))) ++loops;
    for (unsigned i = 0; i < loops + kMoreLoops; ++i) {
        devices.push_back(
            {.path = fmt::format("/dev/loop{}", i), .type = 'b', .major = kLoopMajor, .minor = i});
    }
}

}  // namespace

SandboxRun::SandboxRun(const std::string& program, Workspace& workspace, const std::string& folder,
                       const SandboxSpec& spec)
    : spec_(spec),
      cli_(program, folder + "/state"),
      workspace_(workspace),
      folder_(folder),
      id_("slipway-" + os::random_id().substr(0, 16)) {
    for (const SandboxMount& mount : spec.mounts) {
        if (mount.kind == SandboxMount::Kind::kSecret) secrets_.push_back(mount.secret_value);
    }
    for (const auto& [name, value] : spec.secret_env) secrets_.push_back(value);
}

std::string SandboxRun::without_secrets(const std::string& text) const {
    Masker masker(secrets_);
    std::string shown = masker.feed(text);
    return shown + masker.finish();
}

Result<void> SandboxRun::prepare_network_files() {
    const auto mode =
        spec_.network == Network::kHost ? Nameservers::kKeep : Nameservers::kStripLoopback;
    SLIPWAY_ASSIGN(const std::string host_file, load_host_resolv_conf());
    const std::pair<const char*, std::string> files[] = {
        {"resolv.conf", resolv_conf_text(host_file, mode)},
        {"hosts", hosts_text(spec_.hostname, spec_.extra_hosts)}};
    for (const auto& [name, text] : files) {
        SLIPWAY_ASSIGN(const std::string path, bundle_->add(name, text, kPublicFile));
        const std::string target = fmt::format("/etc/{}", name);
        mounts_.push_back({.destination = target,
                           .type = "bind",
                           .source = path,
                           .options = {"rbind", "ro", "nosuid", "noexec", "nodev"}});
        stub_requests_.push_back({.target = target, .kind = StubKind::kFile});
    }
    return {};
}

Result<ConfigMount> SandboxRun::prepare_mount(const SandboxMount& mount, std::size_t number) {
    ConfigMount config{.destination = clean_path(mount.target),
                       .type = "bind",
                       .source = mount.host_path,
                       .options = {}};
    StubKind kind = StubKind::kDirectory;
    switch (mount.kind) {
        case SandboxMount::Kind::kBind:
            if (!os::path_exists(mount.host_path)) {
                return make_error(ErrorCode::kNotFound, "mount '{}': '{}' does not exist",
                                  mount.target, mount.host_path);
            }
            if (!is_directory(mount.host_path)) kind = StubKind::kFile;
            config.options = {"rbind", mount.readonly ? "ro" : "rw"};
            break;
        case SandboxMount::Kind::kTmpfs:
            config.type = "tmpfs";
            config.source = "tmpfs";
            config.options = {"nosuid"};
            if (mount.readonly) config.options.emplace_back("ro");
            if (mount.tmpfs_size > 0)
                config.options.push_back(fmt::format("size={}", mount.tmpfs_size));
            break;
        case SandboxMount::Kind::kSecret: {
            kind = StubKind::kFile;
            const FileOwner owner = {.uid = mount.uid, .gid = mount.gid, .mode = mount.mode};
            SLIPWAY_ASSIGN(config.source, bundle_->add(fmt::format("secret-{}", number),
                                                       mount.secret_value, owner));
            config.options = {"bind", "ro", "nosuid", "nodev"};
            if ((mount.mode & 0111U) == 0) config.options.emplace_back("noexec");
            break;
        }
    }
    stub_requests_.push_back({.target = config.destination, .kind = kind});
    return config;
}

Result<void> SandboxRun::prepare_mounts() {
    std::vector<ConfigMount> wanted;
    for (std::size_t number = 0; number < spec_.mounts.size(); ++number) {
        const SandboxMount& mount = spec_.mounts[number];
        if (!mount.target.starts_with('/') || clean_path(mount.target) == "/") {
            return make_error(ErrorCode::kInvalidInput, "cannot mount at '{}'", mount.target);
        }
        SLIPWAY_ASSIGN(ConfigMount config, prepare_mount(mount, number));
        wanted.push_back(std::move(config));
    }
    std::ranges::stable_sort(wanted, {},
                             &ConfigMount::destination);  // parents before what is below them
    std::ranges::move(wanted, std::back_inserter(mounts_));
    return {};
}

/// Devices: where the runtime guards them by rules, it makes the nodes; where mounts guard them, a
/// node of the host is mounted.
Result<void> SandboxRun::prepare_edits() {
    const bool by_mounts =
        cli_.kind() == RuntimeKind::kCrun && spec_.security == Security::kSandbox;
    for (const auto& node : spec_.edits.nodes) {
        SLIPWAY_ASSIGN(const std::string host_path,
                       os::real_path(node.host_path).context("device '{}'", node.path));
        SLIPWAY_ASSIGN(const os::Dir dir, os::Dir::open(std::string(dir_name(host_path))));
        SLIPWAY_ASSIGN(const auto info, dir.stat(RelPath::in_root(base_name(host_path))));
        if (!S_ISCHR(info.mode) && !S_ISBLK(info.mode)) {
            return make_error(ErrorCode::kInvalidInput, "'{}' is not a device", host_path);
        }
        if (!by_mounts) {
            devices_.push_back({.path = node.path,
                                .type = S_ISBLK(info.mode) ? 'b' : 'c',
                                .major = major(info.rdev),
                                .minor = minor(info.rdev),
                                .permissions = node.permissions,
                                .mode = node.mode,
                                .uid = node.uid,
                                .gid = node.gid});
            continue;
        }
        mounts_.push_back({.destination = clean_path(node.path),
                           .type = "bind",
                           .source = host_path,
                           .options = {"bind", "nosuid", "noexec"},
                           .device = true});
        stub_requests_.push_back({.target = clean_path(node.path), .kind = StubKind::kFile});
    }
    for (const auto& mount : spec_.edits.mounts) {
        std::vector<std::string> options = mount.options;
        if (mount.type == "bind" && std::ranges::find(options, "bind") == options.end() &&
            std::ranges::find(options, "rbind") == options.end()) {
            options.emplace_back("rbind");
        }
        mounts_.push_back({.destination = clean_path(mount.target),
                           .type = mount.type,
                           .source = mount.host_path,
                           .options = std::move(options)});
        const bool file = mount.type == "bind" && !is_directory(mount.host_path);
        stub_requests_.push_back({.target = clean_path(mount.target),
                                  .kind = file ? StubKind::kFile : StubKind::kDirectory});
    }
    if (spec_.security == Security::kInsecure) add_insecure_devices(devices_);
    return {};
}

Result<void> SandboxRun::prepare_cwd() {
    cwd_ = join_path("/", spec_.cwd);
    SLIPWAY_ASSIGN(const RootedPath found,
                   resolve_in_root(root_, cwd_).context("working directory '{}'", cwd_));
    if (found.info) {
        if (found.info->is_dir()) return {};
        return make_error(ErrorCode::kInvalidInput, "working directory '{}' is not a directory",
                          cwd_);
    }
    for (const char* standard : {"proc", "sys", "dev"}) {
        if (is_below(found.path.text(), standard)) return {};
    }
    RelPath path;
    for (const std::string_view name : path_components(found.path.text())) {
        path = path.child(name);
        SLIPWAY_ASSIGN(const auto info, root_.find(path));
        if (info) continue;
        SLIPWAY_TRY(root_.make_dir(path, 0755).context("working directory '{}'", cwd_));
        SLIPWAY_TRY(root_.set_owner(path, identity_.uid, identity_.gid));
    }
    return {};
}

Result<void> SandboxRun::prepare() {
    if (spec_.args.empty()) return make_error(ErrorCode::kInvalidInput, "no command to run");
    SLIPWAY_ASSIGN(root_, os::Dir::open(spec_.rootfs));
    SLIPWAY_TRY(make_standard_folders(root_));
    SLIPWAY_ASSIGN(identity_, find_identity(root_, spec_.user));
    SLIPWAY_ASSIGN(bundle_, Bundle::create(folder_));
    SLIPWAY_TRY(prepare_network_files());
    SLIPWAY_TRY(prepare_mounts());
    SLIPWAY_TRY(prepare_edits());
    stubs_.emplace(root_);
    SLIPWAY_TRY(stubs_->create(stub_requests_));
    SLIPWAY_TRY(prepare_cwd());
    terminal_ =
        spec_.interactive && os::terminal_width(STDIN_FILENO) && os::terminal_width(STDOUT_FILENO);
    return write_config();
}

void SandboxRun::prepare_seccomp(ConfigInput& input, CapabilityMask capabilities) {
    if (spec_.security == Security::kInsecure || !kernel_has_seccomp()) return;
    input.seccomp = seccomp_profile(os::machine_architecture(), input.capabilities);
    if (!input.seccomp || cli_.kind() != RuntimeKind::kCrun) return;
    auto program = workspace_.seccomp_program(*input.seccomp, capabilities);
    if (program) input.seccomp_program = std::move(*program);
}

Result<void> SandboxRun::write_config() {
    SLIPWAY_ASSIGN(CapabilityMask capabilities, load_own_capabilities());
    if (spec_.security == Security::kSandbox) capabilities &= default_capabilities();
    ConfigInput input{.spec = spec_,
                      .identity = identity_,
                      .cwd = cwd_,
                      .capabilities = capability_names(capabilities),
                      .seccomp = std::nullopt,
                      .device_guard = cli_.kind() == RuntimeKind::kCrun ? DeviceGuard::kMounts
                                                                        : DeviceGuard::kCgroup,
                      .mounts = mounts_,
                      .devices = devices_,
                      .cgroup_namespace = cgroups_are_v2() && kernel_has_cgroup_namespace(),
                      .terminal = terminal_};
    prepare_seccomp(input, capabilities);
    SLIPWAY_TRY(bundle_->add("config.json", dump_json(make_config(input)), FileOwner{}));
    return {};
}

Result<SandboxExit> SandboxRun::start_and_wait(std::stop_token stop) {
    const std::uint64_t oom_kills_before = count_oom_kills();
    os::SpawnOptions options = cli_.run(id_, bundle_->path(), bundle_->path_of("log"));
    std::optional<OutputPump> pump;
    if (spec_.interactive) {
        options.inherit_stdio = true;
    } else {
        SLIPWAY_ASSIGN(pump, OutputPump::create());
        options.stdout_fd = pump->stdout_fd();
        options.stderr_fd = pump->stderr_fd();
    }
    SLIPWAY_ASSIGN(os::Child child, os::Child::spawn(options));
    if (pump) pump->start(spec_.on_output, secrets_);

    auto status = child.wait(stop, [&] {
        // The container may not be there yet, or its end may be on the way already.
        for (int attempt = 0; attempt < kKillAttempts && !is_zombie(child.pid()); ++attempt) {
            if (cli_.kill(id_)) return;
            std::this_thread::sleep_for(kKillInterval);
        }
        static_cast<void>(child.signal(SIGKILL));
    });
    if (status && status->signal) {  // it was the runtime itself that was killed
        cli_.remove_leftover(id_);
        kill_processes_in(root_);
    }
    if (pump) pump->join();
    if (!status) return std::move(status).error();
    if (stop.stop_requested()) return make_error(ErrorCode::kCancelled, "the step was stopped");
    SLIPWAY_ASSIGN(SandboxExit end, judge(*status));
    end.out_of_memory = !end.ok() && count_oom_kills() > oom_kills_before;
    return end;
}

Result<SandboxExit> SandboxRun::judge(os::ExitStatus status) {
    if (status.ok()) return SandboxExit{status};
    SLIPWAY_ASSIGN(const auto log, os::find_file(bundle_->path_of("log")));
    const auto why = find_runtime_error(cli_.kind(), log ? *log : std::string_view());
    if (!why) return SandboxExit{status};
    if (const auto fault = find_command_fault(root_, spec_, identity_)) {
        return SandboxExit{os::ExitStatus{.code = *fault, .signal = std::nullopt}};
    }
    return make_error(ErrorCode::kStepFailed, "the container could not be started: {}",
                      without_secrets(*why));
}

Result<SandboxExit> SandboxRun::run(std::stop_token stop) {
    if (stop.stop_requested()) return make_error(ErrorCode::kCancelled, "the step was stopped");
    auto end = [&]() -> Result<SandboxExit> {
        SLIPWAY_TRY(prepare());
        return start_and_wait(stop);
    }();
    if (!stubs_) return end;
    auto tidied = stubs_->remove();
    if (end && !tidied) return std::move(tidied).error();
    return end;
}

}  // namespace slipway::exec
