// Instructions that change only the image's config, and the choice between all of them.
#include "base/path.h"
#include "base/text.h"
#include "base/utf8.h"
#include "frontend/internal/build.h"
#include "frontend/internal/go_text.h"
#include "frontend/internal/instructions.h"
#include "frontend/internal/lint.h"
#include "frontend/internal/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace slipway::frontend {
namespace {

constexpr std::string_view kHistoryComment = "buildkit.dockerfile.v0";
constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Absolute paths stay as written.
std::string next_working_dir(const std::string& current, const std::string& path) {
    if (path.starts_with('/')) return path;
    return path.empty() ? join_path("/", current) : join_path(join_path("/", current), path);
}

Result<std::vector<dockerfile::KeyValue>> expand_pairs(
    const Step& step, const std::vector<dockerfile::KeyValue>& items) {
    std::vector<dockerfile::KeyValue> expanded;
    for (const dockerfile::KeyValue& item : items) {
        SLIPWAY_ASSIGN(std::string key, step.expand(item.key));
        SLIPWAY_ASSIGN(std::string value, step.expand(item.value));
        expanded.push_back({std::move(key), std::move(value)});
    }
    return expanded;
}

std::string history_of(std::string_view keyword, const std::vector<dockerfile::KeyValue>& items) {
    std::string text(keyword);
    for (const dockerfile::KeyValue& item : items)
        text += fmt::format(" {}={}", item.key, item.value);
    return text;
}

/// Into a sorted list without doubles.
void add_sorted(std::vector<std::string>& values, const std::vector<std::string>& more) {
    for (const std::string& value : more) {
        const auto place = std::ranges::lower_bound(values, value);
        if (place == values.end() || *place != value) values.insert(place, value);
    }
}

image::HealthCheck health_check(const dockerfile::Healthcheck& instruction) {
    image::HealthCheck check;
    if (instruction.none) {
        check.test = {"NONE"};
        return check;
    }
    if (instruction.command.exec_form) {
        check.test = instruction.command.args;
        check.test.insert(check.test.begin(), "CMD");
    } else {
        check.test = {"CMD-SHELL", instruction.command.shell};
    }
    check.interval_ns = instruction.interval_ns.value_or(0);
    check.timeout_ns = instruction.timeout_ns.value_or(0);
    check.start_period_ns = instruction.start_period_ns.value_or(0);
    check.start_interval_ns = instruction.start_interval_ns.value_or(0);
    check.retries = instruction.retries.value_or(0);
    return check;
}

std::string to_text(const image::HealthCheck& check) {
    return fmt::format(
        "{{Test:{} Interval:{} Timeout:{} StartPeriod:{} StartInterval:{} Retries:{}}}",
        go_list(check.test), go_duration(check.interval_ns), go_duration(check.timeout_ns),
        go_duration(check.start_period_ns), go_duration(check.start_interval_ns), check.retries);
}

/// Visits the body of an instruction.
class Dispatcher {
  public:
    explicit Dispatcher(const Step& step) : step_(step), image_(step.stage.image) {}

    Result<void> operator()(const dockerfile::From& /*from*/) const {
        return make_error(ErrorCode::kInvalidInput, "FROM cannot stand here");
    }

    Result<void> operator()(const dockerfile::Arg& arg) const {
        std::vector<std::string> shown;
        for (const dockerfile::Arg::Item& item : arg.items) {
            SLIPWAY_ASSIGN(const std::optional<std::string> value, value_of(item));
            // These two tell an attestation what to look at, not the steps.
            const bool for_steps = item.name != "BUILDKIT_SBOM_SCAN_CONTEXT" &&
                                   item.name != "BUILDKIT_SBOM_SCAN_STAGE";
            if (value && for_steps) step_.stage.state.env.set(item.name, *value);
            step_.stage.args.emplace_back(item.name, value);
            shown.push_back(value ? item.name + "=" + *value : item.name);
        }
        return note("ARG " + join(shown, " "));
    }

    Result<void> operator()(const dockerfile::Env& env) const {
        SLIPWAY_ASSIGN(const auto items, expand_pairs(step_, env.items));
        for (const auto& [key, value] : items) {
            step_.stage.state.env.set(key, value);
            set_image_env(key, value);
        }
        return note(history_of("ENV", items));
    }

    Result<void> operator()(const dockerfile::Label& label) const {
        SLIPWAY_ASSIGN(const auto items, expand_pairs(step_, label.items));
        for (const auto& [key, value] : items) image_.labels.insert_or_assign(key, value);
        return note(history_of("LABEL", items));
    }

    Result<void> operator()(const dockerfile::Run& run) const { return lower_run(step_, run); }
    Result<void> operator()(const dockerfile::Copy& copy) const { return lower_copy(step_, copy); }
    Result<void> operator()(const dockerfile::Workdir& workdir) const {
        return lower_workdir(step_, workdir);
    }

    Result<void> operator()(const dockerfile::User& user) const {
        SLIPWAY_ASSIGN(image_.user, step_.expand(user.user));
        step_.stage.state.user = image_.user;
        return note("USER " + image_.user);
    }

    Result<void> operator()(const dockerfile::Cmd& cmd) const {
        step_.stage.cmd_set = true;
        image_.cmd = with_shell(step_.stage, cmd.command);
        image_.args_escaped = true;
        return note("CMD " + go_quoted_list(image_.cmd));
    }

    Result<void> operator()(const dockerfile::Entrypoint& entrypoint) const {
        image_.entrypoint = with_shell(step_.stage, entrypoint.command);
        if (!step_.stage.cmd_set) image_.cmd.clear();
        return note("ENTRYPOINT " + go_quoted_list(image_.entrypoint));
    }

    Result<void> operator()(const dockerfile::Shell& shell) const {
        image_.shell = shell.args;
        return note("SHELL " + go_list(shell.args));
    }

    Result<void> operator()(const dockerfile::Expose& expose) const {
        std::vector<std::string> exposed;
        for (const std::string& words : expose.ports) {
            SLIPWAY_ASSIGN(const std::vector<std::string> ports,
                           dockerfile::expand_words(words, step_.stage.state.env.lookup(),
                                                    step_.build.file.escape));
            for (const std::string& port : ports) {
                SLIPWAY_ASSIGN(const std::vector<std::string> parsed, parse_ports(port));
                exposed.insert(exposed.end(), parsed.begin(), parsed.end());
            }
        }
        add_sorted(image_.exposed_ports, exposed);
        return note("EXPOSE " + go_list(exposed));
    }

    Result<void> operator()(const dockerfile::Volume& volume) const {
        std::vector<std::string> paths;
        for (const std::string& word : volume.paths) {
            SLIPWAY_ASSIGN(std::string path, step_.expand(word));
            if (path.empty())
                return make_error(ErrorCode::kInvalidInput, "VOLUME: a path is empty");
            paths.push_back(std::move(path));
        }
        add_sorted(image_.volumes, paths);
        return note("VOLUME " + go_list(paths));
    }

    Result<void> operator()(const dockerfile::StopSignal& stop) const {
        SLIPWAY_ASSIGN(const std::string signal, step_.expand(stop.signal));
        SLIPWAY_TRY(check_signal(signal));
        image_.stop_signal = signal;
        return note("STOPSIGNAL " + signal);
    }

    Result<void> operator()(const dockerfile::Maintainer& maintainer) const {
        image_.author = maintainer.name;
        return note("MAINTAINER " + maintainer.name);
    }

    Result<void> operator()(const dockerfile::OnBuild& on_build) const {
        image_.on_build.push_back(on_build.trigger);
        return {};
    }

    Result<void> operator()(const dockerfile::Healthcheck& instruction) const {
        image_.healthcheck = health_check(instruction);
        return note("HEALTHCHECK " + to_text(*image_.healthcheck));
    }

  private:
    void set_image_env(const std::string& name, const std::string& value) const {
        const auto [place, added] = step_.stage.env_places.try_emplace(name, image_.env.size());
        if (added) image_.env.emplace_back();
        image_.env[place->second] = name + "=" + value;
    }

    Result<void> note(std::string history) const {
        step_.add_history(std::move(history), Layer::kNone);
        return {};
    }

    /// A build argument beats the default; without either, the ARG before the first FROM is meant.
    Result<std::optional<std::string>> value_of(const dockerfile::Arg::Item& item) const {
        const auto given = step_.build.build_args.find(item.name);
        if (given != step_.build.build_args.end()) return std::optional(given->second);
        if (!item.value) return step_.build.global_args.find(item.name);
        SLIPWAY_ASSIGN(std::string value, step_.expand(*item.value));
        return std::optional(std::move(value));
    }

    const Step& step_;
    image::ImageConfig& image_;
};

/// What the image's config says about running applies to the stage's steps.
void start_state(Stage& stage) {
    if (!stage.image.find_env("PATH") && stage.platform.os != "windows")
        stage.image.set_env("PATH", kDefaultPath);
    stage.env_places.clear();
    for (std::size_t i = 0; i < stage.image.env.size(); ++i) {
        const auto [name, value] = split_variable(stage.image.env[i]);
        stage.state.env.set(name, value);
        stage.env_places.emplace(name, i);
    }
    if (!stage.image.working_dir.empty()) {
        stage.image.working_dir =
            next_working_dir(stage.image.working_dir, stage.image.working_dir);
        stage.state.working_dir = stage.image.working_dir;
    }
    if (!stage.image.user.empty()) stage.state.user = stage.image.user;
}

}  // namespace

void Step::add_history(std::string created_by, Layer layer) const {
    image::HistoryEntry entry;
    if (build.epoch) entry.created = image::rfc3339(*build.epoch);
    entry.created_by = std::move(created_by);
    build.grown += entry.created_by.size();
    entry.comment = kHistoryComment;
    entry.empty_layer = layer == Layer::kNone;
    stage.image.history.push_back(std::move(entry));
}

std::string Step::original() const {
    return std::string(trim(instruction().original));
}

std::string Step::shown() const {
    const std::string text = original();
    return with_keyword_in_capitals(build.expand(text, stage.state.env).value_or(text));
}

llb::About Step::about_next(std::string_view text) const {
    llb::About about;
    about.named(next_step_name(stage, text, command.from_trigger));
    about.place = build.place(instruction().lines);
    return about;
}

std::string with_keyword_in_capitals(std::string_view text) {
    const std::size_t end = std::min(text.find(' '), text.size());
    return to_upper(text.substr(0, end)) + std::string(text.substr(end));
}

Result<void> lower_workdir(const Step& step, const dockerfile::Workdir& workdir) {
    SLIPWAY_ASSIGN(const std::string path, step.expand(workdir.path));
    State& state = step.stage.state;
    state.working_dir = next_working_dir(step.stage.image.working_dir, path);
    step.stage.image.working_dir = state.working_dir;
    if (state.working_dir == "/") {
        step.add_history("WORKDIR /", Layer::kNone);
        return {};
    }
    llb::FileStep make;
    pb::FileActionMkDir& action = *make.action.mutable_mkdir();
    action.set_path(clean_path(state.working_dir));
    action.set_mode(0755);
    action.set_makeparents(true);
    action.set_timestamp(step.build.epoch ? *step.build.epoch * 1'000'000'000 : -1);
    if (!state.user.empty()) *action.mutable_owner() = parse_owner(state.user);
    state.files = step.build.graph.file({.base = state.files, .steps = {std::move(make)}},
                                        step.about_next(step.shown()));
    step.add_history("WORKDIR " + state.working_dir, Layer::kOne);
    return {};
}

std::vector<std::string> with_shell(const Stage& stage, const dockerfile::CommandLine& command) {
    if (command.exec_form) return command.args;
    std::vector<std::string> args = stage.image.shell;
    if (args.empty()) args = {"/bin/sh", "-c"};
    args.push_back(command.shell);
    return args;
}

Result<void> dispatch_stage(Build& build, Stage& stage) {
    start_state(stage);
    for (const Command& command : stage.commands) {
        const dockerfile::Instruction& instruction = *command.instruction;
        const SourceRange range = build.range(instruction.lines);
        if (!is_utf8(instruction.original)) {
            return make_error(ErrorCode::kInvalidInput, "{} holds bytes that are not UTF-8",
                              instruction.keyword)
                .at(range);
        }
        const Step step{build, stage, command};
        lint_instruction(step);
        auto done = std::visit(Dispatcher(step), instruction.body);
        if (done) done = build.check_size();
        if (!done) return std::move(done).error().at(range);
    }
    return {};
}

}  // namespace slipway::frontend
