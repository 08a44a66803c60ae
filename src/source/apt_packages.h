// What a distribution builds its packages from: the upstream archives of source packages, found
// by the machine's own apt, with its verification, in folders of the store:
//
//   apt/<suite>/lock           held while the folder is written or read
//   apt/<suite>/sources.list   deb-src lines for the archive that the machine's apt uses
//   apt/<suite>/lists          apt's lists, a day old at most
//   apt/<suite>/found/<name>   "<URL> <digest>": what a source package was found to be
#pragma once

#include "base/digest.h"
#include "base/result.h"
#include "content/store.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

namespace slipway::source {

/// "apt:PACKAGE" or "apt:PACKAGE/SUITE".
struct AptPackage {
    std::string name;
    std::string suite = {};  ///< "": the machine's own

    /// Does the text name one?
    static bool is_named_by(std::string_view text) { return text.starts_with("apt:"); }
    /// kUsage when it names no package.
    static Result<AptPackage> parse(std::string_view text);
};

struct AptArchive {
    std::string url;
    Digest digest;
    bool operator==(const AptArchive&) const = default;
};

/// Any process.
class AptPackages {
  public:
    explicit AptPackages(const content::Store& store) : store_(store) {}

    /// The upstream archive, or all of the source where there is none. From what was found within
    /// the last day without a network; an older answer stands when the archive cannot be reached.
    /// kNotFound: no such package, or nothing in it that could be unpacked. kUnavailable: the
    /// archive's lists cannot be fetched or verified. kResource: no apt. kInvalidInput: the machine
    /// names no archive of its distribution.
    Result<AptArchive> resolve(const AptPackage& package, std::stop_token stop) const;

    /// Removes the folders; returns their bytes. For when no build runs.
    [[nodiscard]] Result<std::uint64_t> prune(content::Prune prune) const;

  private:
    const content::Store& store_;
};

}  // namespace slipway::source
