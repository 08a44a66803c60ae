// What is written for apt, and what it prints.
#pragma once

#include "source/apt_packages.h"
#include "source/internal/apt_sources.h"

#include <string>
#include <string_view>
#include <vector>

namespace slipway::source {

/// The archives of `suite`, which may be one beside the usual ones ("bookworm-backports").
Result<std::vector<AptEntry>> source_entries(const AptMachine& machine, const std::string& suite);

/// "deb-src …", a line each.
std::string source_lines(const std::vector<AptEntry>& entries);

/// Out of what `apt-get source --print-uris` prints: NAME_VERSION.orig.tar.*, or the only tar of a
/// package without one. kNotFound when there is none, kUnsupported when it is not fetched by http
/// or has no SHA-256.
Result<AptArchive> choose_archive(std::string_view printed);

}  // namespace slipway::source
