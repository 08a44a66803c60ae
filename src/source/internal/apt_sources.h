// The archives that a machine's apt uses: sources.list(5), one-line and deb822.
#pragma once

#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::source {

/// One archive of binary packages with one suite.
struct AptEntry {
    std::string uri;
    std::string suite;
    std::vector<std::string> components;
    std::string signed_by;  ///< paths of keyrings, with commas; "" for apt's own

    /// "deb [signed-by=…] URI SUITE COMPONENT…"
    [[nodiscard]] std::string line() const;
    bool operator==(const AptEntry&) const = default;
};

/// What is not "deb", is switched off, or brings its key inline is left out; so is what is
/// malformed.
std::vector<AptEntry> parse_one_line_sources(std::string_view text);
std::vector<AptEntry> parse_deb822_sources(std::string_view text);

/// What a machine says of itself.
struct AptMachine {
    std::string distribution;  ///< ID of os-release
    std::string suite;         ///< VERSION_CODENAME of os-release
    std::vector<AptEntry> entries;

    /// From `root`/etc ("" for the running system). Mirror lists (mirror+file:) are replaced by
    /// their first URI.
    static Result<AptMachine> read(const std::string& root = "");
};

/// The entries of the distribution's own archive for `suite`, its updates and its security updates;
/// for another suite than the machine's, the machine's entries with the suite replaced.
/// kInvalidInput with a hint when there are none.
Result<std::vector<AptEntry>> choose_entries(const AptMachine& machine,
                                             const std::string& distribution,
                                             const std::string& suite);

}  // namespace slipway::source
