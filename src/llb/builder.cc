#include "llb/builder.h"

#include "base/check.h"
#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace slipway::llb {
namespace {

bool depends_on_platform(std::string_view identifier) {
    return identifier.starts_with("docker-image://") || identifier.starts_with("oci-layout://");
}

/// The capability a server must have for a source attribute; none for the others.
const std::map<std::string_view, std::string_view>& attribute_caps() {
    static const std::map<std::string_view, std::string_view> kCaps = {
        {"local.unique", "source.local.unique"},
        {"local.session", "source.local.sessionid"},
        {"local.includepattern", "source.local.includepatterns"},
        {"local.followpaths", "source.local.followpaths"},
        {"local.excludepatterns", "source.local.excludepatterns"},
        {"local.sharedkeyhint", "source.local.sharedkeyhint"},
        {"git.checksum", "source.git.checksum"},
        {"git.fetchbycommit", "source.git.fetchbycommit"},
        {"git.fullurl", "source.git.fullurl"},
        {"git.keepgitdir", "source.git.keepgitdir"},
        {"git.mountsshsock", "source.git.mountsshsock"},
        {"git.mtime", "source.git.mtime"},
        {"git.skipsubmodules", "source.git.skipsubmodules"},
        {"http.checksum", "source.http.checksum"},
    };
    return kCaps;
}

using Caps = std::set<std::string, std::less<>>;

Caps caps_of(const SourceSpec& spec) {
    Caps caps;
    if (spec.identifier.starts_with("docker-image://")) {
        caps.insert("source.image");
        const auto mode = spec.attrs.find("image.resolvemode");
        if (mode != spec.attrs.end() && mode->second == "pull")
            caps.insert("source.image.resolvemode");
    } else if (spec.identifier.starts_with("oci-layout://")) {
        caps.insert("source.ocilayout");
    } else if (spec.identifier.starts_with("local://")) {
        caps.insert("source.local");
    } else if (spec.identifier.starts_with("git://")) {
        caps.insert("source.git");
    } else if (spec.identifier.starts_with("http")) {
        caps.insert("source.http");
    }
    for (const auto& [name, value] : spec.attrs) {
        const auto cap = attribute_caps().find(name);
        if (cap != attribute_caps().end()) caps.emplace(cap->second);
    }
    return caps;
}

Caps caps_of(const ExecSpec& spec) {
    Caps caps = {"exec.meta.base", "exec.meta.setsdefaultpath"};
    if (spec.network != pb::UNSET) caps.insert("exec.meta.network");
    if (spec.meta.has_proxy_env()) caps.insert("exec.meta.proxyenv");
    if (!spec.root.is_scratch()) caps.insert("exec.mount.bind");
    for (const MountSpec& mount : spec.mounts) {
        if (!mount.selector.empty()) caps.insert("exec.mount.selector");
        switch (mount.kind) {
            case MountSpec::Kind::kCache:
                caps.insert({"exec.mount.cache", "exec.mount.cache.sharing"});
                break;
            case MountSpec::Kind::kTmpfs:
                caps.insert("exec.mount.tmpfs");
                if (mount.tmpfs_size > 0) caps.insert("exec.mount.tmpfs.size");
                break;
            case MountSpec::Kind::kBind:
                if (!mount.source.is_scratch()) caps.insert("exec.mount.bind");
                break;
        }
    }
    if (spec.security != pb::SANDBOX) caps.insert("exec.meta.security");
    if (!spec.ssh.empty()) caps.insert("exec.mount.ssh");
    if (!spec.devices.empty()) caps.insert("exec.meta.cdi");
    if (!spec.secrets.empty()) caps.insert("exec.mount.secret");
    if (std::ranges::any_of(spec.secrets,
                            [](const SecretSpec& secret) { return secret.env.has_value(); })) {
        caps.insert("exec.secretenv");
    }
    return caps;
}

Caps caps_of(const FileSpec& /*spec*/) {
    return {"file.base"};
}

/// The op as Go's encoder writes it: what stands in a oneof after everything else, whatever its
/// number.
std::string marshal_op(pb::Op op) {
    pb::Op frame;
    frame.mutable_inputs()->Swap(op.mutable_inputs());
    frame.set_allocated_platform(op.release_platform());
    frame.set_allocated_constraints(op.release_constraints());
    return marshal_deterministic(frame) + marshal_deterministic(op);
}

/// Later words about the same vertex win; nothing that was said is lost.
void merge_metadata(pb::OpMetadata& into, const About& about, const Caps& caps) {
    if (about.ignore_cache) into.set_ignore_cache(true);
    for (const auto& [key, text] : about.description) (*into.mutable_description())[key] = text;
    for (const std::string& cap : caps) (*into.mutable_caps())[cap] = true;
    if (about.progress_group) *into.mutable_progress_group() = *about.progress_group;
}

void set_owner_input(pb::ChownOpt& owner, std::int64_t input) {
    if (owner.user().has_byname()) owner.mutable_user()->mutable_byname()->set_input(input);
    if (owner.group().has_byname()) owner.mutable_group()->mutable_byname()->set_input(input);
}

void set_owner_input(pb::FileAction& action, std::int64_t input) {
    switch (action.action_case()) {
        case pb::FileAction::kCopy:
            if (action.copy().has_owner())
                set_owner_input(*action.mutable_copy()->mutable_owner(), input);
            break;
        case pb::FileAction::kMkfile:
            if (action.mkfile().has_owner())
                set_owner_input(*action.mutable_mkfile()->mutable_owner(), input);
            break;
        case pb::FileAction::kMkdir:
            if (action.mkdir().has_owner())
                set_owner_input(*action.mutable_mkdir()->mutable_owner(), input);
            break;
        case pb::FileAction::kSymlink:
            if (action.symlink().has_owner())
                set_owner_input(*action.mutable_symlink()->mutable_owner(), input);
            break;
        case pb::FileAction::kRm:
        case pb::FileAction::ACTION_NOT_SET:
            break;
    }
}

template <typename... Ts>
struct Overloaded : Ts... {
    using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace

/// One pass of marshal(): digests in the order of the drafts (inputs come first there), then the
/// definition in the client's order, depth first.
class Builder::Marshalling {
  public:
    explicit Marshalling(const Builder& builder)
        : builder_(builder), made_(builder.drafts_.size()) {}

    pb::Definition run(Ref output) {
        mark_needed(output);
        for (std::size_t i = 0; i < made_.size(); ++i) {
            if (made_[i].needed) make(i);
        }
        emit_all(output);
        emit_terminal(output);
        emit_source();
        return std::move(definition_);
    }

  private:
    struct Made {
        bool needed = false;
        bool emitted = false;
        std::string bytes;
        std::string digest;
        Caps caps;
        std::vector<std::size_t> inputs;  ///< in the order in which the client walks them
    };

    static std::size_t at(Ref ref) { return static_cast<std::size_t>(ref.index_); }

    /// Inputs as the client walks them: of a file op the base, then copy sources from the last
    /// action to the first.
    static std::vector<Ref> walk_order(const Draft& draft) {
        return std::visit(Overloaded{
                              [](const SourceSpec&) { return std::vector<Ref>(); },
                              [](const ExecSpec& spec) {
                                  std::vector<Ref> refs;
                                  for (const MountSpec& mount : sorted_mounts(spec))
                                      refs.push_back(mount.source);
                                  return refs;
                              },
                              [](const FileSpec& spec) {
                                  std::vector<Ref> refs = {spec.base};
                                  for (auto step = spec.steps.rbegin(); step != spec.steps.rend();
                                       ++step) {
                                      refs.push_back(step->source);
                                  }
                                  return refs;
                              },
                              [](const MergeSpec& spec) { return spec.inputs; },
                          },
                          draft.spec);
    }

    static std::vector<MountSpec> sorted_mounts(const ExecSpec& spec) {
        std::vector<MountSpec> mounts = {MountSpec{.source = spec.root, .target = "/"}};
        mounts.insert(mounts.end(), spec.mounts.begin(), spec.mounts.end());
        std::ranges::stable_sort(mounts, {}, &MountSpec::target);
        return mounts;
    }

    void mark_needed(Ref output) {
        if (output.is_scratch()) return;
        made_[at(output)].needed = true;
        for (std::size_t i = made_.size(); i-- > 0;) {
            if (!made_[i].needed) continue;
            for (const Ref ref : walk_order(builder_.drafts_[i])) {
                if (ref.is_scratch()) continue;
                SLIPWAY_CHECK(at(ref) < i, "an input must be made before its user");
                made_[at(ref)].needed = true;
                made_[i].inputs.push_back(at(ref));
            }
        }
    }

    /// The number of `ref` among the op's inputs, added when new; -1 for scratch.
    std::int64_t input_number(pb::Op& op, Ref ref) const {
        if (ref.is_scratch()) return -1;
        const std::string& digest = made_[at(ref)].digest;
        for (int i = 0; i < op.inputs_size(); ++i) {
            if (op.inputs(i).digest() == digest) return i;
        }
        op.add_inputs()->set_digest(digest);
        return op.inputs_size() - 1;
    }

    void make(std::size_t index) {
        const Draft& draft = builder_.drafts_[index];
        pb::Op op;
        op.mutable_constraints();  // always there, even if empty
        made_[index].caps =
            std::visit(Overloaded{
                           [&](const SourceSpec& spec) { return fill(op, spec), caps_of(spec); },
                           [&](const ExecSpec& spec) { return fill(op, spec), caps_of(spec); },
                           [&](const FileSpec& spec) { return fill(op, spec), caps_of(spec); },
                           [&](const MergeSpec& spec) { return fill(op, spec), Caps{"mergeop"}; },
                       },
                       draft.spec);
        made_[index].bytes = marshal_op(std::move(op));
        made_[index].digest = Digest::of(made_[index].bytes).to_string();
    }

    static void fill(pb::Op& op, const SourceSpec& spec) {
        op.mutable_source()->set_identifier(spec.identifier);
        for (const auto& [name, value] : spec.attrs)
            (*op.mutable_source()->mutable_attrs())[name] = value;
        if (depends_on_platform(spec.identifier)) *op.mutable_platform() = spec.platform;
    }

    void fill(pb::Op& op, const ExecSpec& spec) const {
        *op.mutable_platform() = spec.platform;
        pb::ExecOp& exec = *op.mutable_exec();
        *exec.mutable_meta() = spec.meta;
        exec.mutable_meta()->set_removemountstubsrecursive(true);
        exec.set_network(spec.network);
        exec.set_security(spec.security);
        for (const DeviceSpec& device : spec.devices) {
            pb::CDIDevice& made = *exec.add_cdidevices();
            made.set_name(device.name);
            made.set_optional(device.optional);
        }
        std::int64_t outputs = 0;
        for (const MountSpec& mount : sorted_mounts(spec)) {
            pb::Mount& made = *exec.add_mounts();
            made.set_input(input_number(op, mount.source));
            made.set_selector(mount.selector);
            made.set_dest(mount.target);
            made.set_readonly(mount.readonly);
            const bool writes =
                mount.kind == MountSpec::Kind::kBind && !mount.readonly && !mount.discard;
            made.set_output(writes ? outputs++ : -1);
            if (mount.kind == MountSpec::Kind::kCache) {
                made.set_mounttype(pb::CACHE);
                made.mutable_cacheopt()->set_id(mount.cache_id);
                made.mutable_cacheopt()->set_sharing(mount.sharing);
            } else if (mount.kind == MountSpec::Kind::kTmpfs) {
                made.set_mounttype(pb::TMPFS);
                made.mutable_tmpfsopt()->set_size(mount.tmpfs_size);
            }
        }
        for (const SecretSpec& secret : spec.secrets) fill(exec, secret);
        for (std::size_t i = 0; i < spec.ssh.size(); ++i) fill(exec, spec.ssh[i], i);
    }

    static void fill(pb::ExecOp& exec, const SshSpec& ssh, std::size_t number) {
        const std::string target =
            ssh.target.value_or(fmt::format("/run/buildkit/ssh_agent.{}", number));
        static constexpr std::string_view kVariable = "SSH_AUTH_SOCK=";
        auto& env = *exec.mutable_meta()->mutable_env();
        if (std::ranges::none_of(
                env, [](const std::string& variable) { return variable.starts_with(kVariable); })) {
            *env.Add() = std::string(kVariable) + target;
        }
        pb::Mount& mount = *exec.add_mounts();
        mount.set_input(-1);
        mount.set_dest(target);
        mount.set_mounttype(pb::SSH);
        pb::SSHOpt& option = *mount.mutable_sshopt();
        option.set_id(ssh.id);
        option.set_uid(ssh.uid);
        option.set_gid(ssh.gid);
        option.set_mode(ssh.mode);
        option.set_optional(ssh.optional);
    }

    static void fill(pb::ExecOp& exec, const SecretSpec& secret) {
        if (secret.env) {
            pb::SecretEnv& env = *exec.add_secretenv();
            env.set_id(secret.id);
            env.set_name(*secret.env);
            env.set_optional(secret.optional);
        }
        if (!secret.target) return;
        pb::Mount& mount = *exec.add_mounts();
        mount.set_input(-1);
        mount.set_dest(*secret.target);
        mount.set_mounttype(pb::SECRET);
        pb::SecretOpt& option = *mount.mutable_secretopt();
        option.set_id(secret.id);
        option.set_uid(secret.uid);
        option.set_gid(secret.gid);
        option.set_mode(secret.mode);
        option.set_optional(secret.optional);
    }

    void fill(pb::Op& op, const FileSpec& spec) const {
        const std::int64_t base = input_number(op, spec.base);
        std::vector<std::int64_t> sources;
        for (const FileStep& step : spec.steps) sources.push_back(input_number(op, step.source));
        pb::FileOp& file = *op.mutable_file();
        for (std::size_t i = 0; i < spec.steps.size(); ++i) {
            pb::FileAction& action = *file.add_actions();
            action = spec.steps[i].action;
            action.set_input(i == 0 ? base : op.inputs_size() + static_cast<std::int64_t>(i) - 1);
            action.set_secondaryinput(sources[i]);
            action.set_output(i + 1 == spec.steps.size() ? 0 : -1);
            set_owner_input(action, base);
        }
    }

    void fill(pb::Op& op, const MergeSpec& spec) const {
        for (const Ref ref : spec.inputs) {
            op.mutable_merge()->add_inputs()->set_input(op.inputs_size());
            op.add_inputs()->set_digest(made_[at(ref)].digest);
        }
    }

    void emit_all(Ref output) {
        if (output.is_scratch()) return;
        struct Visit {
            std::size_t index;
            std::size_t next_input = 0;
        };
        std::vector<bool> seen(made_.size());
        std::vector<Visit> stack = {{at(output)}};
        seen[at(output)] = true;
        while (!stack.empty()) {
            Visit& top = stack.back();
            const Made& made = made_[top.index];
            if (top.next_input < made.inputs.size()) {
                const std::size_t input = made.inputs[top.next_input++];
                if (!seen[input]) {
                    seen[input] = true;
                    stack.push_back({input});
                }
                continue;
            }
            emit(top.index);
            stack.pop_back();
        }
    }

    void emit(std::size_t index) {
        const Made& made = made_[index];
        const About& about = builder_.drafts_[index].about;
        merge_metadata((*definition_.mutable_metadata())[made.digest], about, made.caps);
        pb::Locations& locations =
            (*definition_.mutable_source()->mutable_locations())[made.digest];
        if (about.place) add_location(locations, *about.place);
        if (emitted_.insert(made.digest).second) definition_.add_def(made.bytes);
    }

    void add_location(pb::Locations& locations, const Place& place) {
        const auto known = std::ranges::find(used_files_, place.file);
        pb::Location& location = *locations.add_locations();
        location.set_sourceindex(static_cast<int>(known - used_files_.begin()));
        if (known == used_files_.end()) used_files_.push_back(place.file);
        if (place.first == 0) return;
        for (int line = place.first; line <= place.last; ++line) {
            pb::Range& range = *location.add_ranges();
            range.mutable_start()->set_line(line);
            range.mutable_end()->set_line(line);
        }
    }

    void emit_terminal(Ref output) {
        if (output.is_scratch()) return;
        pb::Op op;
        op.add_inputs()->set_digest(made_[at(output)].digest);
        const std::string bytes = marshal_deterministic(op);
        Caps caps = {"constraints", "platform"};
        for (const auto& [digest, metadata] : definition_.metadata()) {
            if (metadata.ignore_cache()) caps.insert("meta.ignorecache");
            if (!metadata.description().empty()) caps.insert("meta.description");
        }
        merge_metadata((*definition_.mutable_metadata())[Digest::of(bytes).to_string()], {}, caps);
        definition_.add_def(bytes);
    }

    void emit_source() {
        for (const int number : used_files_) {
            const File& file = builder_.files_[static_cast<std::size_t>(number)];
            pb::SourceInfo& info = *definition_.mutable_source()->add_infos();
            info.set_filename(file.name);
            info.set_data(file.text);
            info.set_language(file.language);
        }
    }

    const Builder& builder_;
    std::vector<Made> made_;
    std::set<std::string> emitted_;
    std::vector<int> used_files_;
    pb::Definition definition_;
};

int Builder::add_file(std::string name, std::string text, std::string language) {
    files_.push_back({std::move(name), std::move(text), std::move(language)});
    return static_cast<int>(files_.size()) - 1;
}

Ref Builder::add(Draft draft) {
    drafts_.push_back(std::move(draft));
    return Ref(static_cast<int>(drafts_.size()) - 1);
}

Ref Builder::source(SourceSpec spec, About about) {
    return add({std::move(spec), std::move(about)});
}
Ref Builder::exec(ExecSpec spec, About about) {
    size_ += spec.meta.ByteSizeLong();
    return add({std::move(spec), std::move(about)});
}
Ref Builder::file(FileSpec spec, About about) {
    for (const FileStep& step : spec.steps) size_ += step.action.ByteSizeLong();
    return add({std::move(spec), std::move(about)});
}

Ref Builder::merge(const std::vector<Ref>& inputs, About about) {
    MergeSpec spec;
    std::ranges::copy_if(inputs, std::back_inserter(spec.inputs),
                         [](Ref ref) { return !ref.is_scratch(); });
    if (spec.inputs.empty()) return Ref();
    if (spec.inputs.size() == 1) return spec.inputs.front();
    return add({std::move(spec), std::move(about)});
}

void Builder::set_attribute(Ref source, const std::string& name, std::string value) {
    SLIPWAY_CHECK(!source.is_scratch(), "scratch has no attributes");
    auto* spec = std::get_if<SourceSpec>(&drafts_[static_cast<std::size_t>(source.index_)].spec);
    SLIPWAY_CHECK(spec != nullptr, "only a source has attributes");
    spec->attrs.insert_or_assign(name, std::move(value));
}

pb::Definition Builder::marshal(Ref output) const {
    return Marshalling(*this).run(output);
}

std::string json_list(const std::vector<std::string>& values) {
    std::string text;
    for (const char c : dump_json(Json(values))) {  // these three as Go's encoder writes them
        if (c == '<') {
            text += "\\u003c";
        } else if (c == '>') {
            text += "\\u003e";
        } else if (c == '&') {
            text += "\\u0026";
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace slipway::llb
