// FileOp: mkdir, mkfile, symlink, rm and copy, without a process and without a mount.
#include "base/text.h"
#include "engine/internal/context_layers.h"
#include "engine/internal/step_context.h"
#include "engine/value.h"
#include "snapshot/file_ops.h"

#include <map>

namespace slipway::engine {

namespace {

constexpr std::int64_t kScratch = -1;

snapshot::Selection selection_of(const pb::FileActionCopy& copy) {
    snapshot::Selection selection;
    selection.path = copy.src();
    selection.follow_symlinks = copy.followsymlink();
    selection.allow_wildcard = copy.allowwildcard();
    selection.allow_empty_wildcard = copy.allowemptywildcard();
    selection.include_patterns.assign(copy.include_patterns().begin(),
                                      copy.include_patterns().end());
    selection.exclude_patterns.assign(copy.exclude_patterns().begin(),
                                      copy.exclude_patterns().end());
    selection.required_paths.assign(copy.required_paths().begin(), copy.required_paths().end());
    return selection;
}

const pb::ChownOpt* owner_of(const pb::FileAction& action) {
    switch (action.action_case()) {
        case pb::FileAction::kCopy:
            return action.copy().has_owner() ? &action.copy().owner() : nullptr;
        case pb::FileAction::kMkfile:
            return action.mkfile().has_owner() ? &action.mkfile().owner() : nullptr;
        case pb::FileAction::kMkdir:
            return action.mkdir().has_owner() ? &action.mkdir().owner() : nullptr;
        case pb::FileAction::kSymlink:
            return action.symlink().has_owner() ? &action.symlink().owner() : nullptr;
        case pb::FileAction::kRm:
        case pb::FileAction::ACTION_NOT_SET:
            break;
    }
    return nullptr;
}

snapshot::ActionTime time_of(std::int64_t nanoseconds) {
    if (nanoseconds < 0) return std::nullopt;
    return os::Timestamp{nanoseconds / 1'000'000'000,
                         static_cast<std::uint32_t>(nanoseconds % 1'000'000'000)};
}

class FileStep final : public SnapshotStep {
  public:
    FileStep(BuildContext& build, const llb::Vertex& vertex, std::vector<StepInput> inputs)
        : SnapshotStep(build), op_(vertex.op.file()), inputs_(std::move(inputs)) {}

    Result<solver::Key> definition_key(std::span<const Digest> inputs,
                                       std::stop_token stop) override {
        auto ingredients = operation();
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            if (inputs_[i].context) {
                SLIPWAY_TRY(add_context_ingredients(*inputs_[i].context, selections_of_input(i),
                                                    ingredients, stop));
            }
        }
        return make_key(std::move(ingredients), inputs);
    }

    Result<std::optional<solver::Key>> content_key(std::span<const solver::Output> inputs,
                                                   std::stop_token stop) override {
        if (only_contexts(inputs_)) return std::optional<solver::Key>();
        auto& layers = build_.workspace.layers();
        auto ingredients = operation();
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            const std::string label = "content of '" + inputs_[i].name + "'";
            if (inputs_[i].context) {
                SLIPWAY_TRY(add_context_ingredients(*inputs_[i].context, selections_of_input(i),
                                                    ingredients, stop));
                continue;
            }
            SLIPWAY_ASSIGN(const auto snapshot, to_snapshot(inputs[i]));
            if (is_base(i)) {
                SLIPWAY_ASSIGN(const Digest content, layers.content_digest(snapshot));
                ingredients.push_back({label, content.to_string()});
                continue;
            }
            auto selections = selections_of_input(i);
            if (names_owners(i)) {
                for (const auto* file : {"/etc/passwd", "/etc/group"}) {
                    selections.push_back(
                        {.path = file, .allow_wildcard = true, .allow_empty_wildcard = true});
                }
            }
            SLIPWAY_ASSIGN(const auto view, layers.view(snapshot));
            SLIPWAY_ASSIGN(
                const Digest content,
                snapshot::digest_selections(view, selections, build_.workspace.cpu_pool()));
            ingredients.push_back({label, content.to_string()});
        }
        return std::optional(make_key(std::move(ingredients)));
    }

    Result<std::vector<solver::Output>> run(std::span<const solver::Output> inputs,
                                            std::stop_token stop) override {
        std::vector<Work> results;  // of each action
        std::map<std::int64_t, solver::Output> outputs;
        for (const auto& action : op_.actions()) {
            SLIPWAY_ASSIGN(Work work, open(action.input(), inputs, results, stop));
            SLIPWAY_TRY(apply(action, *work.editor, inputs, results, stop));
            if (action.output() >= 0) {
                SLIPWAY_ASSIGN(auto layer, work.editor->commit());
                work.editor.reset();
                work.base.push_back(std::move(layer));
                outputs[action.output()] = to_output(work.base);
            }
            results.push_back(std::move(work));
        }
        std::vector<solver::Output> list;
        for (auto& [slot, output] : outputs) {
            if (slot != static_cast<std::int64_t>(list.size())) {
                return make_error(ErrorCode::kInvalidInput, "file operation without output {}",
                                  list.size());
            }
            list.push_back(std::move(output));
        }
        return list;
    }

  private:
    /// A snapshot, and what actions add to it.
    struct Work {
        snapshot::Snapshot base;
        std::unique_ptr<snapshot::FileEditor>
            editor;              ///< moves on to the action that continues this one
        bool continued = false;  ///< it did: what this action left is not there by itself
    };

    /// The operation itself as ingredients; what it reads comes from the inputs.
    [[nodiscard]] std::vector<solver::Ingredient> operation() const {
        return {{"instruction", hidden(llb::marshal_deterministic(op_))}};
    }

    [[nodiscard]] bool is_base(std::size_t input) const {
        for (const auto& action : op_.actions()) {
            if (action.input() == static_cast<std::int64_t>(input)) return true;
        }
        return false;
    }

    [[nodiscard]] bool names_owners(std::size_t input) const {
        for (const auto& action : op_.actions()) {
            const auto* owner = owner_of(action);
            if (owner == nullptr) continue;
            for (const auto* option : {&owner->user(), &owner->group()}) {
                if (option->has_byname() &&
                    option->byname().input() == static_cast<std::int64_t>(input))
                    return true;
            }
        }
        return false;
    }

    /// What the copies take from an op input. A context that is a base or owner file as well counts
    /// whole.
    [[nodiscard]] std::vector<snapshot::Selection> selections_of_input(std::size_t input) const {
        std::vector<snapshot::Selection> selections;
        for (const auto& action : op_.actions()) {
            if (action.has_copy() && action.secondaryinput() == static_cast<std::int64_t>(input)) {
                selections.push_back(selection_of(action.copy()));
            }
        }
        if (is_base(input)) selections = {snapshot::Selection{.path = "/"}};
        return selections;
    }

    Result<Work> open(std::int64_t input, std::span<const solver::Output> inputs,
                      std::vector<Work>& results, const std::stop_token& stop) {
        const auto op_inputs = static_cast<std::int64_t>(inputs.size());
        if (input >= op_inputs) {
            SLIPWAY_ASSIGN(Work * earlier, result_of(input - op_inputs, results));
            if (!earlier->editor) return start(earlier->base);
            Work work = std::move(*earlier);
            earlier->continued = true;
            return work;
        }
        if (input == kScratch) return start({});
        const auto index = static_cast<std::size_t>(input);
        if (inputs_[index].context) {
            SLIPWAY_ASSIGN(auto all, materialize(build_, *inputs_[index].context, "/", stop));
            return start(std::move(all));
        }
        SLIPWAY_ASSIGN(auto snapshot, to_snapshot(inputs[index]));
        return start(std::move(snapshot));
    }

    static Result<Work*> result_of(std::int64_t action, std::vector<Work>& results) {
        if (action >= static_cast<std::int64_t>(results.size())) {
            return make_error(ErrorCode::kInvalidInput,
                              "a file action uses the result of a later one");
        }
        Work& work = results[static_cast<std::size_t>(action)];
        if (work.continued) {
            return make_error(ErrorCode::kUnsupported,
                              "file actions that continue one result in two ways");
        }
        return &work;
    }

    Result<Work> start(snapshot::Snapshot base) {
        auto& workspace = build_.workspace;
        SLIPWAY_ASSIGN(auto view, workspace.layers().view(base));
        SLIPWAY_ASSIGN(auto draft, workspace.layers().begin());
        return Work{std::move(base),
                    std::make_unique<snapshot::FileEditor>(workspace.layers(), std::move(view),
                                                           std::move(draft), workspace.cpu_pool())};
    }

    /// What an input or an earlier action's result shows.
    Result<snapshot::View> view_of(std::int64_t input, std::span<const solver::Output> inputs,
                                   std::vector<Work>& results, const std::stop_token& stop) {
        const auto op_inputs = static_cast<std::int64_t>(inputs.size());
        if (input == kScratch) return snapshot::View();
        if (input >= op_inputs) {
            SLIPWAY_ASSIGN(const Work* earlier, result_of(input - op_inputs, results));
            return earlier->editor ? earlier->editor->view()
                                   : build_.workspace.layers().view(earlier->base);
        }
        const auto index = static_cast<std::size_t>(input);
        if (inputs_[index].context) return inputs_[index].context->view(stop);
        SLIPWAY_ASSIGN(const auto snapshot, to_snapshot(inputs[index]));
        return build_.workspace.layers().view(snapshot);
    }

    Result<std::optional<snapshot::Owner>> resolve(const pb::ChownOpt* owner,
                                                   std::span<const solver::Output> inputs,
                                                   std::vector<Work>& results,
                                                   const std::stop_token& stop) {
        if (owner == nullptr) return std::optional<snapshot::Owner>();
        const auto text_of = [](const pb::UserOpt& option) {
            if (option.has_byname()) return option.byname().name();
            return option.user_case() == pb::UserOpt::kByID ? std::to_string(option.byid())
                                                            : std::string();
        };
        snapshot::View view;
        for (const auto* option : {&owner->user(), &owner->group()}) {
            if (!option->has_byname()) continue;
            SLIPWAY_ASSIGN(view, view_of(option->byname().input(), inputs, results, stop));
        }
        const std::string user = text_of(owner->user());
        const std::string group = text_of(owner->group());
        SLIPWAY_ASSIGN(const auto resolved, snapshot::resolve_owner(view, user, group));
        if (!resolved.user_known)
            warn("user '" + user + "' is not in the image's etc/passwd: uid 0 is used");
        if (!resolved.group_known)
            warn("group '" + group + "' is not in the image's etc/group: gid 0 is used");
        return std::optional(resolved.owner);
    }

    void warn(std::string text) {
        build_.sink.emit(progress::Warning{std::move(text), std::nullopt});
    }

    Result<void> apply(const pb::FileAction& action, snapshot::FileEditor& editor,
                       std::span<const solver::Output> inputs, std::vector<Work>& results,
                       const std::stop_token& stop) {
        SLIPWAY_ASSIGN(const auto owner, resolve(owner_of(action), inputs, results, stop));
        const auto owner_or_root = owner.value_or(snapshot::Owner());
        switch (action.action_case()) {
            case pb::FileAction::kMkdir: {
                const auto& op = action.mkdir();
                return editor.make_dir(op.path(), static_cast<std::uint32_t>(op.mode()) & 0777U,
                                       op.makeparents(), owner_or_root, time_of(op.timestamp()));
            }
            case pb::FileAction::kMkfile: {
                const auto& op = action.mkfile();
                return editor.make_file(op.path(), static_cast<std::uint32_t>(op.mode()) & 0777U,
                                        op.data(), owner_or_root, time_of(op.timestamp()));
            }
            case pb::FileAction::kSymlink: {
                const auto& op = action.symlink();
                return editor.make_symlink(op.oldpath(), op.newpath(), owner_or_root,
                                           time_of(op.timestamp()));
            }
            case pb::FileAction::kRm: {
                const auto& op = action.rm();
                return editor.remove(op.path(), op.allownotfound(), op.allowwildcard());
            }
            case pb::FileAction::kCopy: {
                const auto& op = action.copy();
                snapshot::CopyOptions copy;
                copy.source = selection_of(op);
                copy.dest = op.dest();
                copy.owner = owner;
                if (op.mode() >= 0) copy.mode = static_cast<std::uint32_t>(op.mode());
                copy.symbolic_mode = op.modestr();
                copy.dir_copy_contents = op.dircopycontents();
                copy.create_dest_path = op.createdestpath();
                copy.unpack_archives = op.attemptunpackdockercompatibility();
                copy.replace_existing = op.alwaysreplaceexistingdestpaths();
                copy.time = time_of(op.timestamp());
                SLIPWAY_ASSIGN(const auto source,
                               view_of(action.secondaryinput(), inputs, results, stop));
                return editor.copy(source, copy, stop);
            }
            case pb::FileAction::ACTION_NOT_SET:
                break;
        }
        return make_error(ErrorCode::kInvalidInput, "a file action without an operation");
    }

    pb::FileOp op_;
    std::vector<StepInput> inputs_;
};

}  // namespace

std::unique_ptr<solver::Step> make_file_step(BuildContext& build, const llb::Vertex& vertex,
                                             std::vector<StepInput> inputs) {
    return std::make_unique<FileStep>(build, vertex, std::move(inputs));
}

}  // namespace slipway::engine
