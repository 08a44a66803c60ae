// Checked values of instructions: ports, signals, modes, owners, paths.
#pragma once

#include "base/result.h"
#include "llb/ops.pb.h"

#include <string>
#include <string_view>
#include <vector>

namespace slipway::frontend {

/// One EXPOSE word, "[ip:][host:]port[-port][/proto]", as "port/proto" each.
Result<std::vector<std::string>> parse_ports(std::string_view word);

/// "SIGTERM", "term", "SIGRTMIN+3" or a number other than 0.
Result<void> check_signal(std::string_view text);

/// --chmod, octal (at most 07777) or symbolic, into `mode` or `modeStr` of the copy.
Result<void> set_mode(pb::FileActionCopy& copy, const std::string& chmod);

/// "user", "user:group"; names where they are not numbers. "root" is 0.
pb::ChownOpt parse_owner(std::string_view text);
/// Does it need an etc/passwd or etc/group?
bool has_names(const pb::ChownOpt& owner);

/// The destination of a COPY, absolute and cleaned; a '/' or "/." at its end, which means "into",
/// is kept.
std::string copy_destination(std::string_view working_dir, std::string_view dest);

}  // namespace slipway::frontend
