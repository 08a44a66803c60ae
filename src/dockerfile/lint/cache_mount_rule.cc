// A cache mount at another place than the tool keeps its cache: it stays empty, and the tool's
// files end up in the layer.
#include "base/path.h"
#include "base/text.h"
#include "dockerfile/lint/commands.h"
#include "dockerfile/lint/stage_rules.h"

#include <fmt/format.h>

namespace slipway::dockerfile::lint {

namespace {

/// Where a tool keeps what a cache mount should keep.
struct Home {
    std::string_view tool;
    std::array<std::string_view, 3> programs;
    /// One of these, as a component of the mount's target, shows that this tool is meant.
    std::array<std::string_view, 2> marks;
    std::string_view variable;           ///< names the directory
    std::string_view above_variable;     ///< names the directory above
    std::string_view below;              ///< what follows `above_variable`
    std::string_view in_home;            ///< without either, below $HOME
    std::string_view off_variable = {};  ///< set: the tool keeps no cache
    std::string_view off_flag = {};
};

constexpr std::array kHomes = {
    Home{"cargo", {"cargo", "maturin"}, {".cargo", "cargo"}, "CARGO_HOME", "", "", ".cargo"},
    Home{"uv",
         {"uv", "uvx"},
         {"uv"},
         "UV_CACHE_DIR",
         "XDG_CACHE_HOME",
         "uv",
         ".cache/uv",
         "UV_NO_CACHE",
         "--no-cache"},
    Home{"pip",
         {"pip", "pip3"},
         {"pip"},
         "PIP_CACHE_DIR",
         "XDG_CACHE_HOME",
         "pip",
         ".cache/pip",
         "PIP_NO_CACHE_DIR",
         "--no-cache-dir"},
    Home{"go", {"go"}, {"go-build"}, "GOCACHE", "XDG_CACHE_HOME", "go-build", ".cache/go-build"},
    Home{"go", {"go"}, {"mod"}, "GOMODCACHE", "GOPATH", "pkg/mod", "go/pkg/mod"},
    Home{"npm", {"npm", "npx"}, {".npm", "npm"}, "NPM_CONFIG_CACHE", "", "", ".npm"},
};

constexpr std::array<std::string_view, 4> kAptHomes = {"/var/cache/apt", "/var/lib/apt",
                                                       "/var/cache", "/var/lib"};

bool has_component(std::string_view path, std::string_view name) {
    return !name.empty() && std::ranges::any_of(split(path, '/'), [name](std::string_view part) {
        return part == name;
    });
}

/// "python3 -m pip" is pip.
std::string tool_of(std::span<const ShellWord> words) {
    const std::string program = program_name(words);
    if (program.starts_with("python") && words.size() > 2 && words[1].text == "-m")
        return words[2].text;
    return program.starts_with("pip3") ? "pip3" : program;
}

class Checker {
  public:
    Checker(const Moment& moment, const RunFacts& facts, Linter& linter)
        : moment_(moment), facts_(facts), linter_(linter) {
        has_links_ = std::ranges::any_of(facts.script->commands, [](const ShellCommand& each) {
            return program_name(without_wrappers(each)) == "ln";
        });
    }

    void run() const {
        for (const Mount& mount : facts_.mounts) {
            if (mount.type != Mount::Type::kCache || mount.target.empty()) continue;
            const std::string target = mount.target.starts_with('/')
                                           ? clean_path(mount.target)
                                           : join_path(moment_.working_dir, mount.target);
            for (const Home& home : kHomes) {
                if (std::ranges::any_of(home.marks, [&](std::string_view mark) {
                        return has_component(target, mark);
                    }))
                    check(home, target);
            }
            if (has_component(target, "apt")) check_apt(target);
        }
    }

  private:
    void check(const Home& home, const std::string& target) const {
        for (const ShellCommand& command : facts_.script->commands) {
            const auto words = without_wrappers(command);
            const std::string tool = tool_of(words);
            if (tool.empty() || !is_one_of(tool, home.programs)) continue;
            if (is_off(home, words)) {
                report(
                    fmt::format("{} is told to keep no cache, the cache mount at '{}' stays "
                                "empty",
                                home.tool, target));
                return;
            }
            const auto directory = find_directory(home, command, words);
            if (!directory || is_below(target, *directory) || is_below(*directory, target))
                continue;
            report(fmt::format("{} keeps its cache in '{}', the cache mount at '{}' stays empty",
                               home.tool, *directory, target));
            return;
        }
    }

    void check_apt(const std::string& target) const {
        for (const std::string_view home : kAptHomes) {
            if (is_below(target, home)) return;
        }
        for (const ShellCommand& command : facts_.script->commands) {
            const std::string program = program_name(without_wrappers(command));
            if (program != "apt" && program != "apt-get") continue;
            report(
                fmt::format("apt keeps its files in '/var/cache/apt' and '/var/lib/apt', the "
                            "cache mount at '{}' stays empty",
                            target));
            return;
        }
    }

    [[nodiscard]] bool is_off(const Home& home, std::span<const ShellWord> words) const {
        if (home.off_flag.empty()) return false;
        if (has_word(words, home.off_flag)) return true;
        if (facts_.script->assigned.contains(home.off_variable)) return false;
        const std::string value = to_lower(moment_.variables(home.off_variable).value_or(""));
        // pip takes 0 and false for "on" since 19.1; uv likewise
        static constexpr std::array<std::string_view, 5> kOn = {"", "0", "false", "off", "no"};
        return !is_one_of(value, kOn);
    }

    /// The value of a variable when the command runs; nothing when only the shell knows.
    [[nodiscard]] std::optional<std::string> find_value(std::string_view name,
                                                        const ShellCommand& command) const {
        const Assignment* last = nullptr;
        for (const Assignment& assignment : command.assignments) {
            if (assignment.name == name) last = &assignment;
        }
        if (last != nullptr)
            return last->value.is_known() ? std::optional(last->value.text) : std::nullopt;
        if (facts_.script->assigned.contains(name)) return std::nullopt;
        return moment_.variables(name).value_or("");
    }

    /// Where the tool keeps its files; nothing when that is not certain.
    [[nodiscard]] std::optional<std::string> find_directory(
        const Home& home, const ShellCommand& command, std::span<const ShellWord> words) const {
        if (facts_.script->sources_others || has_links_) return std::nullopt;
        for (const ShellWord& word : words) {
            if (word.text.starts_with("--cache")) return std::nullopt;
        }
        const auto own = find_value(home.variable, command);
        if (!own) return std::nullopt;
        if (!own->empty()) return absolute(*own);
        if (home.variable == "NPM_CONFIG_CACHE") {
            const auto lower = find_value("npm_config_cache", command);
            if (!lower) return std::nullopt;
            if (!lower->empty()) return absolute(*lower);
        }
        if (!home.above_variable.empty()) {
            const auto above = find_value(home.above_variable, command);
            if (!above) return std::nullopt;
            if (!above->empty()) return absolute(join_path(*above, home.below));
        }
        const auto user_home = find_value("HOME", command);
        if (!user_home) return std::nullopt;
        if (!user_home->empty()) return absolute(join_path(*user_home, home.in_home));
        if (!is_root() || !command_is_plain(command)) return std::nullopt;
        return join_path("/root", home.in_home);
    }

    static std::optional<std::string> absolute(const std::string& path) {
        if (!path.starts_with('/')) return std::nullopt;
        return clean_path(path);
    }
    [[nodiscard]] bool is_root() const {
        const std::string name = moment_.user.substr(0, moment_.user.find(':'));
        return name.empty() || name == "root" || name == "0";
    }
    /// Run by the step's own user, not through sudo.
    static bool command_is_plain(const ShellCommand& command) {
        return program_name(command.words) != "sudo";
    }

    void report(std::string message) const {
        linter_.report(Rule::kCacheMountMissesToolHome, moment_.instruction.lines,
                       std::move(message), moment_.instruction.comments);
    }

    const Moment& moment_;
    const RunFacts& facts_;
    Linter& linter_;
    bool has_links_ = false;  ///< the home may be one
};

}  // namespace

void check_cache_mounts(const Moment& moment, const RunFacts& facts, Linter& linter) {
    if (facts.script && !facts.mounts.empty()) Checker(moment, facts, linter).run();
}

}  // namespace slipway::dockerfile::lint
