// A stack: a family of images, described once in a folder (docs/formats/stack.md). Data only; what
// a command line makes of it is stack/resolve.h, the Dockerfile is stack/compose.h.
#pragma once

#include "base/error.h"
#include "base/result.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::stack {

/// Holds when each name has one of its values. Names are those of parameters, and "engine",
/// "target", "platform", "flavour".
using Condition = std::map<std::string, std::vector<std::string>>;

struct Engine {
    std::string name;
    std::vector<std::string> aliases;
    std::string help;
};

struct Target {
    std::string name;
    std::string stage;                 ///< the words of a Dockerfile
    std::vector<std::string> engines;  ///< empty: all
    std::string help;
    bool is_default = false;
    SourceRange where;
};

struct Platform {
    std::string name;                          ///< "linux/amd64"
    std::map<std::string, std::string> names;  ///< build arguments
};

struct Flavour {
    std::string name;
    std::string help;
    bool is_default = false;
    /// By component: where it comes from, as --source says it.
    std::map<std::string, std::string> sources = {};
    SourceRange where = {};
};

enum class Type { kBool, kInt, kVersion, kRef, kImage, kChoice, kPath, kString };

struct ConditionalValue {
    Condition when;
    std::string value;
};

/// What a folder with a wheel must hold: the words of a Dockerfile.
struct WheelCheck {
    std::string package;
    std::string machine;  ///< "x86_64"
    std::string python;   ///< "cp312", or "": any
    std::string commit;   ///< what it was built from, or "": any
};

struct Parameter {
    std::string name;                  ///< lower case and '_'
    std::vector<std::string> aliases;  ///< other names on the command line
    std::string arg;                   ///< the build argument
    Type type = Type::kString;
    std::vector<std::string> choices;
    std::string fallback;                    ///< of no condition
    std::vector<ConditionalValue> defaults;  ///< the first that holds wins
    std::optional<std::int64_t> min;
    /// Of a path: the named context that its folder becomes, in place of the stage of that name.
    /// The build argument is "true" then, and "" when none is given.
    std::string context;
    std::optional<WheelCheck> wheels;  ///< the folder holds a wheel
    std::string help;
    SourceRange where;
};

/// A build argument computed from others.
struct Derived {
    std::string arg;
    std::string value;  ///< the words of a Dockerfile
    Condition when;     ///< does it not hold: another of the same name, or empty
    std::string help;
    SourceRange where;
};

/// A build argument: packages of the flavour's distribution.
struct Packages {
    std::string arg;
    std::map<std::string, std::vector<std::string>> by_flavour;
    Condition when;
};

struct Rule {
    Condition when;
    std::vector<std::string> require;          ///< need a value that is not empty
    std::vector<std::string> forbid;           ///< must not be given by the user
    std::map<std::string, std::string> force;  ///< have this value; giving another is an error
    bool is_error = false;                     ///< `when` itself is wrong
    std::string message;                       ///< why, and what to do
    SourceRange where;
};

/// Something that is downloaded: a source stage "src_NAME".
struct Component {
    enum class Kind { kGit, kUrl };
    std::string name;
    std::string licence;
    Kind kind = Kind::kGit;
    std::string from;     ///< URL; the words of a Dockerfile
    std::string ref;      ///< of git, likewise
    bool unpack = true;   ///< of an archive: its files, without the single folder at its top
    std::string version;  ///< the words of a Dockerfile; under which `locked` knows it
    /// By version: the commit (git) or "sha256:…" (archive) that it must be.
    std::map<std::string, std::string> locked;
    SourceRange where;
};

struct Stack {
    std::string folder;  ///< absolute
    std::string name;
    std::string description;
    std::string image;  ///< the repository of derived tags
    std::vector<std::string> stages;
    std::vector<Engine> engines;
    std::vector<Target> targets;
    std::vector<Platform> platforms;
    std::vector<Flavour> flavours;
    std::vector<Parameter> parameters;
    std::vector<Derived> derived;
    std::vector<Packages> packages;
    std::vector<Rule> rules;
    std::vector<Component> components;

    /// By its name, or an alias; '-' stands for '_', too. Null when there is none.
    [[nodiscard]] const Parameter* find_parameter(std::string_view name) const;
};

/// FOLDER/stack.toml and FOLDER/stack.lock. kNotFound when the folder has no stack.toml,
/// kInvalidInput with file and line for the first thing that is wrong: syntax, an unknown table,
/// key, name or type, a value that its parameter cannot have.
Result<Stack> load(const std::string& folder);

/// The same of a text, with the lock file's text ("" when there is none).
Result<Stack> parse(std::string_view text, std::string_view lock, const std::string& folder);

/// How a value of this parameter is written: "True" and "1" of a bool are "true". kInvalidInput
/// when it cannot be one.
Result<std::string> check_value(const Parameter& parameter, const std::string& value);

std::string_view to_string(Type type);

/// The lock file of what the components have locked.
std::string lock_text(const Stack& stack);

/// The file of FOLDER that each version's commit or checksum is kept in.
inline constexpr const char* kLockFile = "stack.lock";

}  // namespace slipway::stack
