// Collects what the rules find, as far as the file's user wants to hear it.
#pragma once

#include "base/result.h"
#include "dockerfile/ast.h"
#include "dockerfile/lint/rules.h"

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::dockerfile::lint {

struct Finding {
    Rule rule;
    std::string message;
    Lines lines;
    bool operator==(const Finding&) const = default;
};
/// "StageNameCasing: stage name 'Build' … (line 3)"
std::string one_line(const Finding& finding);

/// What `# check=` says: "skip=A,B;error=true;experimental=C"; `all` in place of names.
struct Options {
    bool skip_all = false;
    std::set<std::string, std::less<>> skip;
    bool experimental_all = false;
    std::set<std::string, std::less<>> experimental;
    bool error = false;

    [[nodiscard]] bool wants(Rule rule) const;
};
/// kInvalidInput on an unknown option; names of rules may be unknown.
Result<Options> parse_options(std::string_view text);

class Linter {
  public:
    explicit Linter(Options options) : options_(std::move(options)) {}

    /// Keeps the finding unless its rule is skipped: for the whole file, or by a "check=…" among
    /// `comments`, those above the instruction.
    void report(Rule rule, Lines lines, std::string message,
                std::span<const std::string> comments = {});

    [[nodiscard]] const std::vector<Finding>& findings() const { return findings_; }
    /// kInvalidInput, naming the rules, when the file asks for `error=true` and there are warnings.
    [[nodiscard]] Result<void> verdict() const;

  private:
    Options options_;
    std::vector<Finding> findings_;
};

/// The rules that need nothing but the file, in the reference's order.
void check_file(const Dockerfile& file, Linter& linter);

}  // namespace slipway::dockerfile::lint
