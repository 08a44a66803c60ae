#include "dockerfile/internal/instructions.h"

#include "base/text.h"
#include "dockerfile/internal/flags.h"
#include "dockerfile/internal/heredoc.h"
#include "dockerfile/internal/split.h"
#include "dockerfile/internal/utf8.h"
#include "dockerfile/internal/values.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

namespace slipway::dockerfile::internal {

namespace {

using Warnings = std::vector<ParseWarning>;

/// What an instruction's reader gets. Flags are checked.
struct Request {
    std::string_view keyword;  ///< upper case
    std::string_view rest;
    const FlagSet& flags;
    const Statement& statement;
    char escape;
    Warnings& warnings;

    void warn_of_json(std::string text) const {
        warnings.push_back({ParseWarning::Kind::kMalformedJson, std::move(text), statement.lines});
    }
};

template <typename... Args>
Error invalid(fmt::format_string<Args...> format, Args&&... args) {
    return make_error(ErrorCode::kInvalidInput, format, std::forward<Args>(args)...);
}

Result<std::string> one_argument(const Request& request) {
    if (request.rest.empty()) return invalid("{} needs an argument", request.keyword);
    return std::string(request.rest);
}

/// Words at blanks, or the strings of the JSON form.
Result<std::vector<std::string>> list_of_words(const Request& request) {
    SLIPWAY_ASSIGN(auto list, parse_json_list(request.rest));
    if (list) return *std::move(list);
    if (looks_like_json_list(request.rest))
        request.warn_of_json("this is no valid JSON list, so it is read as plain words");
    std::vector<std::string> words;
    for (const auto word : split_blanks(request.rest)) words.emplace_back(word);
    return words;
}

Result<CommandLine> command_line(const Request& request, std::string_view text) {
    SLIPWAY_ASSIGN(auto list, parse_json_list(text));
    if (list) return CommandLine{.exec_form = true, .shell = {}, .args = *std::move(list)};
    if (looks_like_json_list(text))
        request.warn_of_json("this is no valid JSON list, so the shell gets it as text");
    return CommandLine{.exec_form = false, .shell = std::string(text), .args = {}};
}

bool is_stage_name(std::string_view name) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
    return !name.empty() && kLetters.find(name[0]) != std::string_view::npos &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
               std::string_view::npos;
}

Result<Body> read_from(const Request& request) {
    const auto words = split_blanks(request.rest);
    const bool named = words.size() == 3 && equals_ignoring_case(words[1], "AS");
    if (words.size() != 1 && !named) {
        return Error(ErrorCode::kInvalidInput,
                     "FROM takes an image, or an image, AS and a stage name")
            .hint("FROM debian:bookworm AS build");
    }
    From from{.image = std::string(words[0]),
              .platform = request.flags.find_text("platform"),
              .stage_name = {}};
    if (named) {
        from.stage_name = words[2];
        if (!is_stage_name(to_lower(from.stage_name))) {
            return invalid(
                "'{}' cannot name a stage: a letter comes first, then letters, digits, '-', '_' "
                "and '.'",
                from.stage_name);
        }
    }
    return from;
}

Result<Body> read_arg(const Request& request) {
    Arg arg;
    for (const auto& word : split_quoted(request.rest, request.escape)) {
        const auto cut = split_once(word, '=');
        if (!cut) {
            arg.items.push_back({word, std::nullopt});
            continue;
        }
        if (cut->first.empty()) return invalid("ARG has a value without a name: '{}'", word);
        arg.items.push_back({std::string(cut->first), std::string(cut->second)});
    }
    if (arg.items.empty()) return invalid("ARG needs a name");
    return arg;
}

struct Pairs {
    std::vector<KeyValue> items;
    bool legacy = false;
};

/// "k=v k2=v2", or the legacy form "k v with blanks": what comes first, '=' or a blank, tells
/// which.
Result<Pairs> read_pairs(const Request& request) {
    const auto words = split_quoted(request.rest, request.escape);
    if (words.empty()) return invalid("{} needs a name and a value", request.keyword);
    if (words[0].find('=') == std::string::npos) {
        const auto cut = split_at_blanks(request.rest);
        if (!cut) return invalid("{} needs a value for '{}'", request.keyword, request.rest);
        return Pairs{{{std::string(cut->first), std::string(cut->second)}}, true};
    }
    Pairs pairs;
    for (const auto& word : words) {
        const auto cut = split_once(word, '=');
        if (!cut) {
            return invalid("'{}' has no '=': {} takes name=value pairs", word, request.keyword)
                .hint("a value with blanks needs quotes");
        }
        if (cut->first.empty())
            return invalid("{} has a value without a name: '{}'", request.keyword, word);
        pairs.items.push_back({std::string(cut->first), std::string(cut->second)});
    }
    return pairs;
}

Result<Body> read_env(const Request& request) {
    SLIPWAY_ASSIGN(Pairs pairs, read_pairs(request));
    return Env{std::move(pairs.items), pairs.legacy};
}

Result<Body> read_label(const Request& request) {
    SLIPWAY_ASSIGN(Pairs pairs, read_pairs(request));
    return Label{std::move(pairs.items), pairs.legacy};
}

Result<std::string> one_of(const Request& request, std::string_view flag,
                           std::span<const std::string> allowed) {
    auto value = request.flags.find_text(flag);
    if (!value) return std::string();
    if (std::find(allowed.begin(), allowed.end(), *value) != allowed.end())
        return *std::move(value);
    return invalid("--{}={} is not one of {}", flag, *value, join(allowed, ", "));
}

/// NAME[,required[=BOOL]], or name=NAME...; NAME may hold a '='.
Result<Device> read_device(std::string_view value) {
    SLIPWAY_ASSIGN(const auto fields, parse_csv(value));
    Device device;
    for (const auto& field : fields) {
        const auto cut = split_once(field, '=');
        const std::string key = to_lower(cut ? cut->first : field);
        if (key == "required") {
            const auto required = cut ? parse_bool(cut->second) : true;
            if (!required) return invalid("'{}' is neither true nor false", cut->second);
            device.required = *required;
        } else if (!device.name.empty()) {
            return invalid("unexpected '{}'", field);
        } else {
            device.name = cut && key == "name" ? std::string(cut->second) : field;
        }
    }
    if (device.name.empty()) return invalid("no device is named");
    return device;
}

/// What can be said about a --mount before its variables have values.
Result<void> check_mount(std::string_view value) {
    SLIPWAY_ASSIGN(const auto fields, parse_csv(value));
    for (const auto& field : fields) {
        const auto cut = split_once(field, '=');
        if (!cut || to_lower(cut->first) != "from") continue;
        const auto dollar = cut->second.find('$');
        if (dollar != std::string_view::npos && dollar + 1 != cut->second.size()) {
            return invalid("a mount's 'from' takes no variables")
                .hint("give the image a stage: FROM ... AS name");
        }
    }
    return {};
}

Result<Body> read_run(const Request& request) {
    static const std::array<std::string, 3> kNetworks = {"default", "none", "host"};
    static const std::array<std::string, 2> kSecurities = {"sandbox", "insecure"};
    Run run;
    SLIPWAY_ASSIGN(run.command, command_line(request, request.rest));
    SLIPWAY_ASSIGN(run.network, one_of(request, "network", kNetworks));
    SLIPWAY_ASSIGN(run.security, one_of(request, "security", kSecurities));
    run.mounts = request.flags.list("mount");
    for (const auto& mount : run.mounts)
        SLIPWAY_TRY(check_mount(mount).context("--mount={}", mount));
    for (const auto& text : request.flags.list("device")) {
        SLIPWAY_ASSIGN(Device device, read_device(text).context("--device={}", text));
        run.devices.push_back(std::move(device));
    }
    run.heredocs = request.statement.heredocs;
    if (!run.heredocs.empty()) {
        const auto whole = parse_heredoc_word(run.command.shell);
        run.heredoc_only = whole && whole->has_value();
    }
    return run;
}

constexpr std::size_t kMostHeredocs = std::size_t{64} << 20U;

using Bodies = std::map<std::string_view, const Heredoc*>;

/// The heredoc that a word of COPY or ADD stands for, with the body that its name finds.
std::optional<Heredoc> find_heredoc(const Bodies& bodies, std::string_view word) {
    auto mark = parse_heredoc_word(word);
    if (!mark || !*mark) return std::nullopt;
    Heredoc& heredoc = **mark;
    if (const auto found = bodies.find(heredoc.name); found != bodies.end()) {
        heredoc.raw = found->second->raw;
        heredoc.body = heredoc.strip_tabs ? strip_leading_tabs(heredoc.raw) : heredoc.raw;
    }
    return *std::move(mark);
}

Result<Body> read_copy(const Request& request) {
    SLIPWAY_ASSIGN(auto words, list_of_words(request));
    if (words.size() < 2) return invalid("{} needs a source and a destination", request.keyword);
    Copy copy;
    copy.is_add = request.keyword == "ADD";
    copy.dest = std::move(words.back());
    words.pop_back();
    Bodies bodies;  // of a name that stands there twice, the last one
    for (const auto& heredoc : request.statement.heredocs) bodies[heredoc.name] = &heredoc;
    if (find_heredoc(bodies, copy.dest))
        return invalid("{} cannot have a heredoc as destination", request.keyword);
    std::size_t size = 0;
    for (auto& word : words) {
        if (auto heredoc = find_heredoc(bodies, word)) {
            // A name that stands there often has its body each time.
            size += heredoc->body.size();
            if (size > kMostHeredocs) {
                return invalid("the heredocs of one instruction hold more than {}",
                               format_bytes(kMostHeredocs));
            }
            copy.heredocs.push_back(*std::move(heredoc));
        } else {
            copy.sources.push_back(std::move(word));
        }
    }
    copy.from = request.flags.text("from");
    copy.chown = request.flags.text("chown");
    copy.chmod = request.flags.text("chmod");
    copy.link = request.flags.find_bool("link").value_or(false);
    copy.parents = request.flags.find_bool("parents").value_or(false);
    copy.excludes = request.flags.list("exclude");
    copy.keep_git_dir = request.flags.find_bool("keep-git-dir");
    copy.unpack = request.flags.find_bool("unpack");
    copy.checksum = request.flags.text("checksum");
    return copy;
}

Result<Body> read_workdir(const Request& request) {
    SLIPWAY_ASSIGN(auto path, one_argument(request));
    return Workdir{std::move(path)};
}

Result<Body> read_user(const Request& request) {
    SLIPWAY_ASSIGN(auto user, one_argument(request));
    return User{std::move(user)};
}

Result<Body> read_cmd(const Request& request) {
    SLIPWAY_ASSIGN(auto command, command_line(request, request.rest));
    return Cmd{std::move(command)};
}

Result<Body> read_entrypoint(const Request& request) {
    SLIPWAY_ASSIGN(auto command, command_line(request, request.rest));
    return Entrypoint{std::move(command)};
}

Result<Body> read_shell(const Request& request) {
    SLIPWAY_ASSIGN(auto list, parse_json_list(request.rest));
    if (!list || list->empty()) {
        return invalid("SHELL takes a JSON list of at least one string")
            .hint(R"(SHELL ["/bin/bash", "-c"])");
    }
    return Shell{*std::move(list)};
}

Result<Body> read_expose(const Request& request) {
    std::vector<std::string> ports;
    for (const auto word : split_blanks(request.rest)) ports.emplace_back(word);
    if (ports.empty()) return invalid("EXPOSE needs a port");
    std::sort(ports.begin(), ports.end());
    return Expose{std::move(ports)};
}

Result<Body> read_volume(const Request& request) {
    SLIPWAY_ASSIGN(const auto words, list_of_words(request));
    if (words.empty()) return invalid("VOLUME needs a path");
    Volume volume;
    for (const auto& word : words) {
        volume.paths.emplace_back(trim_space(word));
        if (volume.paths.back().empty()) return invalid("VOLUME has an empty path");
    }
    return volume;
}

Result<Body> read_stopsignal(const Request& request) {
    SLIPWAY_ASSIGN(auto signal, one_argument(request));
    return StopSignal{std::move(signal)};
}

Result<Body> read_maintainer(const Request& request) {
    SLIPWAY_ASSIGN(auto name, one_argument(request));
    return Maintainer{std::move(name)};
}

Result<Body> read_onbuild(const Request& request) {
    if (request.rest.empty()) return invalid("ONBUILD needs an instruction");
    const std::string keyword = to_upper(split_statement(request.rest, request.escape).keyword);
    if (keyword == "ONBUILD" || keyword == "FROM" || keyword == "MAINTAINER") {
        return invalid("{} cannot be an ONBUILD trigger", keyword);
    }
    Statement trigger{
        std::string(request.rest), request.statement.lines, {}, request.statement.heredocs};
    SLIPWAY_TRY(read_instruction(std::move(trigger), request.escape, request.warnings));
    std::string_view text = request.statement.text;
    text.remove_prefix(request.keyword.size());
    text.remove_prefix(std::min(text.find_first_not_of(" \t\f\r"), text.size()));
    return OnBuild{with_heredocs(text, request.statement.heredocs)};
}

/// An interval of HEALTHCHECK. Nothing when it is not given; 0 stands for the default.
Result<std::optional<std::int64_t>> read_interval(const Request& request, std::string_view flag) {
    const auto value = request.flags.text(flag);
    if (value.empty()) return std::nullopt;
    SLIPWAY_ASSIGN(const std::int64_t duration, parse_duration(value).context("--{}", flag));
    constexpr std::int64_t kMillisecond = 1'000'000;
    if (duration != 0 && duration < kMillisecond)
        return invalid("--{}={} is less than 1ms", flag, value);
    return duration;
}

Result<std::optional<std::int64_t>> read_retries(const Request& request) {
    const auto value = request.flags.text("retries");
    if (value.empty()) return std::nullopt;
    const auto retries =
        parse_uint(value.starts_with('+') ? std::string_view(value).substr(1) : value);
    if (!retries || *retries > 0x7FFFFFFF) return invalid("--retries={} is not a count", value);
    return static_cast<std::int64_t>(*retries);
}

Result<Body> read_healthcheck(const Request& request) {
    const auto cut = split_at_blanks(request.rest);
    const std::string type = to_upper(cut ? cut->first : request.rest);
    const std::string_view arguments = cut ? cut->second : std::string_view();
    Healthcheck check;
    if (type == "NONE") {
        if (!arguments.empty()) return invalid("HEALTHCHECK NONE takes no arguments");
        check.none = true;
        return check;
    }
    if (type.empty()) return invalid("HEALTHCHECK needs CMD or NONE");
    if (type != "CMD") {
        return invalid("HEALTHCHECK is followed by CMD or NONE, not '{}'",
                       cut ? cut->first : request.rest);
    }
    SLIPWAY_ASSIGN(check.command, command_line(request, arguments));
    if (check.command.shell.empty() && check.command.args.empty())
        return invalid("HEALTHCHECK CMD needs a command");
    SLIPWAY_ASSIGN(check.interval_ns, read_interval(request, "interval"));
    SLIPWAY_ASSIGN(check.timeout_ns, read_interval(request, "timeout"));
    SLIPWAY_ASSIGN(check.start_period_ns, read_interval(request, "start-period"));
    SLIPWAY_ASSIGN(check.start_interval_ns, read_interval(request, "start-interval"));
    SLIPWAY_ASSIGN(check.retries, read_retries(request));
    return check;
}

constexpr std::array kFromFlags = {FlagSpec{"platform"}};
constexpr std::array kAddFlags = {FlagSpec{"chown"},
                                  FlagSpec{"chmod"},
                                  FlagSpec{"checksum"},
                                  FlagSpec{"link", FlagType::kBool},
                                  FlagSpec{"exclude", FlagType::kList},
                                  FlagSpec{"keep-git-dir", FlagType::kBool},
                                  FlagSpec{"unpack", FlagType::kBool}};
constexpr std::array kCopyFlags = {FlagSpec{"from"},
                                   FlagSpec{"chown"},
                                   FlagSpec{"chmod"},
                                   FlagSpec{"link", FlagType::kBool},
                                   FlagSpec{"exclude", FlagType::kList},
                                   FlagSpec{"parents", FlagType::kBool}};
constexpr std::array kRunFlags = {FlagSpec{"mount", FlagType::kList}, FlagSpec{"network"},
                                  FlagSpec{"security"}, FlagSpec{"device", FlagType::kList}};
constexpr std::array kHealthcheckFlags = {FlagSpec{"interval"}, FlagSpec{"timeout"},
                                          FlagSpec{"start-period"}, FlagSpec{"start-interval"},
                                          FlagSpec{"retries"}};

/// The reference never looks at the flags of some instructions: they are accepted, and have no
/// effect.
enum class FlagPolicy { kChecked, kIgnored };

struct Kind {
    std::string_view keyword;
    Result<Body> (*read)(const Request&);
    std::span<const FlagSpec> flags = {};
    FlagPolicy policy = FlagPolicy::kChecked;
};

constexpr std::array kKinds = {
    Kind{"ADD", read_copy, kAddFlags},
    Kind{"ARG", read_arg, {}, FlagPolicy::kIgnored},
    Kind{"CMD", read_cmd},
    Kind{"COPY", read_copy, kCopyFlags},
    Kind{"ENTRYPOINT", read_entrypoint},
    Kind{"ENV", read_env},
    Kind{"EXPOSE", read_expose},
    Kind{"FROM", read_from, kFromFlags},
    Kind{"HEALTHCHECK", read_healthcheck, kHealthcheckFlags},
    Kind{"LABEL", read_label},
    Kind{"MAINTAINER", read_maintainer},
    Kind{"ONBUILD", read_onbuild},
    Kind{"RUN", read_run, kRunFlags},
    Kind{"SHELL", read_shell},
    Kind{"STOPSIGNAL", read_stopsignal, {}, FlagPolicy::kIgnored},
    Kind{"USER", read_user},
    Kind{"VOLUME", read_volume},
    Kind{"WORKDIR", read_workdir},
};

Error unknown_instruction(std::string_view keyword) {
    if (keyword.empty()) return invalid("a line end is escaped, but no instruction follows");
    constexpr std::size_t kShown = 40;
    Error error = invalid("unknown instruction '{}'", keyword.substr(0, kShown));
    std::vector<std::string> known;
    known.reserve(std::size(kKinds));
    for (const auto& kind : kKinds) known.emplace_back(kind.keyword);
    if (keyword.size() <= kShown) {
        if (const auto nearest = find_nearest(to_upper(keyword), known)) {
            return std::move(error).hint("did you mean '" + *nearest + "'?");
        }
    }
    return error;
}

}  // namespace

Result<Instruction> read_instruction(Statement statement, char escape, Warnings& warnings) {
    Split split = split_statement(statement.text, escape);
    Instruction instruction;
    instruction.keyword = to_upper(split.keyword);
    const auto kind = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const Kind& k) { return k.keyword == instruction.keyword; });
    if (kind == kKinds.end()) return unknown_instruction(split.keyword);

    instruction.flags = std::move(split.flags);
    std::span<const Flag> flags = instruction.flags;
    if (kind->policy == FlagPolicy::kIgnored && !flags.empty()) {
        warnings.push_back({ParseWarning::Kind::kIgnoredFlag,
                            "flags of " + instruction.keyword + " have no effect",
                            statement.lines});
        flags = {};
    }
    SLIPWAY_ASSIGN(const FlagSet checked,
                   FlagSet::check(flags, kind->flags).context("{}", kind->keyword));
    const Request request{kind->keyword, split.rest, checked, statement, escape, warnings};
    SLIPWAY_ASSIGN(instruction.body, kind->read(request));
    instruction.lines = statement.lines;
    instruction.comments = std::move(statement.comments);
    instruction.original = std::move(statement.text);
    return instruction;
}

}  // namespace slipway::dockerfile::internal
