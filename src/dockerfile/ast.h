// What a Dockerfile says, with where it says it. Nothing is expanded or checked against anything
// outside the file. Grammar: docker/dockerfile 1.x (llb-facts 2.11).
#pragma once

#include "base/error.h"
#include "base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace slipway::dockerfile {

/// Lines of a file, from 1, last included.
struct Lines {
    int first = 0;
    int last = 0;
    int file = 0;  ///< of Dockerfile::name_of
    bool operator==(const Lines&) const = default;
    /// Does it stand above `other`?
    [[nodiscard]] bool before(const Lines& other) const {
        return std::pair(file, first) < std::pair(other.file, other.first);
    }
};

struct Heredoc {
    std::string name;
    std::string body;         ///< with its final newline; leading tabs already stripped for <<-
    std::string raw;          ///< as it stands in the file
    bool expand = true;       ///< the delimiter was not quoted
    bool strip_tabs = false;  ///< <<-
    int fd = 0;               ///< "3<<EOF" in a shell line
    bool operator==(const Heredoc&) const = default;
};

/// `--name` or `--name=value`, without quotes and escapes.
struct Flag {
    std::string name;
    std::optional<std::string> value;
    bool operator==(const Flag&) const = default;
};

/// A command in shell form (one text) or exec form (a JSON list).
struct CommandLine {
    bool exec_form = false;
    std::string shell;              ///< shell form: the text with continuations joined
    std::vector<std::string> args;  ///< exec form
    bool operator==(const CommandLine&) const = default;
};

struct KeyValue {
    std::string key;
    std::string value;  ///< as written, quotes included: expansion removes them
    bool operator==(const KeyValue&) const = default;
};

struct From {
    std::string image;  ///< as written
    std::optional<std::string> platform;
    std::string stage_name;  ///< as written; "" when not named
};
struct Arg {
    struct Item {
        std::string name;
        std::optional<std::string> value;  ///< as written
    };
    std::vector<Item> items;
};
struct Env {
    std::vector<KeyValue> items;
    bool legacy = false;
};
struct Label {
    std::vector<KeyValue> items;
    bool legacy = false;
};

/// RUN --mount=...; the values as written (expanded by the frontend, but for `from`).
struct Mount {
    enum class Type { kBind, kCache, kTmpfs, kSecret, kSsh };
    enum class Sharing { kShared, kPrivate, kLocked };
    Type type = Type::kBind;
    std::string from;
    std::string source;
    std::string target;
    std::optional<bool> readonly;  ///< nothing: the type's default (bind: yes, cache and tmpfs: no)
    std::string id;
    Sharing sharing = Sharing::kShared;
    bool required = false;
    std::optional<std::uint64_t> size;  ///< tmpfs, bytes
    std::optional<std::uint32_t> mode;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
    std::optional<std::string> env;  ///< secret given as this variable
};
/// RUN --device=...
struct Device {
    std::string name;  ///< "vendor.com/class=name", "vendor.com/class", a class's annotation
    bool required = false;
};
struct Run {
    CommandLine command;
    std::vector<std::string>
        mounts;            ///< each --mount's value as written; parse_mount() after expansion
    std::string network;   ///< "", default, none, host
    std::string security;  ///< "", sandbox, insecure
    std::vector<Device> devices;
    std::vector<Heredoc> heredocs;
    /// The command is one heredoc and nothing else: its body is the script. Otherwise
    /// with_heredocs() is.
    bool heredoc_only = false;
};
/// COPY and ADD. `sources` holds paths and URLs; inline files are in `heredocs` and have no entry
/// in `sources`.
struct Copy {
    bool is_add = false;
    std::vector<std::string> sources;
    std::string dest;
    std::vector<Heredoc> heredocs;
    std::string from;
    std::string chown;
    std::string chmod;
    bool link = false;
    bool parents = false;
    std::vector<std::string> excludes;
    std::optional<bool> keep_git_dir;
    std::optional<bool> unpack;
    std::string checksum;
};
struct Workdir {
    std::string path;
};
struct User {
    std::string user;
};
struct Cmd {
    CommandLine command;
};
struct Entrypoint {
    CommandLine command;
};
struct Shell {
    std::vector<std::string> args;
};
struct Expose {
    std::vector<std::string> ports;
};  ///< as written, but sorted, as the reference does
struct Volume {
    std::vector<std::string> paths;
};
struct StopSignal {
    std::string signal;
};
struct Maintainer {
    std::string name;
};
/// ONBUILD: the trigger as text ("RUN make"), for the config; parsed when it fires.
struct OnBuild {
    std::string trigger;
};
struct Healthcheck {
    bool none = false;
    CommandLine command;
    std::optional<std::int64_t> interval_ns;
    std::optional<std::int64_t> timeout_ns;
    std::optional<std::int64_t> start_period_ns;
    std::optional<std::int64_t> start_interval_ns;
    std::optional<std::int64_t> retries;
};

using Body = std::variant<From, Arg, Env, Label, Run, Copy, Workdir, User, Cmd, Entrypoint, Shell,
                          Expose, Volume, StopSignal, Maintainer, OnBuild, Healthcheck>;

struct Instruction {
    std::string keyword;   ///< upper case: "RUN", "ADD"
    std::string original;  ///< as written, continuations joined, without heredoc bodies
    Lines lines;
    std::vector<Flag> flags;            ///< all of them, in order, as written
    std::vector<std::string> comments;  ///< comment lines directly above, without '#'
    Body body;
};

struct Stage {
    Instruction from;  ///< body is From
    std::string name;  ///< lower case; "" when not named
    std::vector<Instruction> instructions;
};

struct ParseWarning {
    enum class Kind { kEmptyContinuation, kMalformedJson, kIgnoredFlag };
    Kind kind;
    std::string text;
    Lines lines;
};

/// A file that a Dockerfile is put together of.
struct SourceFile {
    std::string name;  ///< as the user knows it
    std::string text;  ///< the whole file, for excerpts
};

struct Dockerfile {
    std::string file_name;  ///< as the user knows it
    std::string text;       ///< the whole file, for excerpts
    /// Lines::file is 0 for the file above, else one more than the position here.
    std::vector<SourceFile> more_files;
    char escape = '\\';
    std::optional<std::string> syntax;   ///< of "# syntax="
    std::optional<std::string> check;    ///< of "# check="
    std::vector<Instruction> meta_args;  ///< ARG before the first FROM
    std::vector<Stage> stages;
    std::vector<ParseWarning> warnings;

    [[nodiscard]] const std::string& name_of(int file) const {
        return file == 0 ? file_name : more_files.at(static_cast<std::size_t>(file) - 1).name;
    }
    [[nodiscard]] SourceRange range(Lines lines) const {
        return {name_of(lines.file), lines.first, lines.last};
    }
};

/// Of the comments above an instruction, the first one about `name` ("name what it is for"),
/// without the name; "" when there is none.
std::string description_of(const Instruction& instruction, std::string_view name);

/// A comment at the top of the file that speaks to the builder: "# syntax=docker/dockerfile:1".
struct Directive {
    std::string value;
    int line = 0;
};
/// `name` is syntax, escape or check.
std::optional<Directive> find_directive(std::string_view text, std::string_view name);

/// kInvalidInput, with the lines, on anything that the reference parser refuses. Unknown
/// instruction or flag: the nearest known one as hint.
Result<Dockerfile> parse_dockerfile(std::string_view text, std::string file_name);

/// Puts what `more` says behind what `file` says, each instruction with the place that it has. Its
/// directives are not taken over. kInvalidInput, with the lines, when it reads its text another way
/// than `file` does ("# escape="), or has ARGs before its first FROM where `file` has stages.
Result<void> append(Dockerfile& file, Dockerfile more);

/// One instruction by itself, for ONBUILD triggers; `lines` is where the ONBUILD stands (or 0).
Result<Instruction> parse_instruction(std::string_view text, const std::string& file_name,
                                      Lines lines, char escape);

/// The text with its heredocs put back behind it, verbatim (tabs of <<- too), without a final
/// newline: what the shell of a RUN gets, and what an ONBUILD trigger says.
std::string with_heredocs(std::string_view text, const std::vector<Heredoc>& heredocs);

/// Expands one value of a --mount.
using Expander = std::function<Result<std::string>(std::string_view)>;

/// One --mount value: "type=cache,target=/root/.cache". The fields are cut first, then the value of
/// each but `from` is expanded, so that a variable can hold a comma. Unknown keys get the nearest
/// as hint.
Result<Mount> parse_mount(std::string_view value, const Expander& expand);
/// The same for a value without variables.
Result<Mount> parse_mount(std::string_view value);

}  // namespace slipway::dockerfile
