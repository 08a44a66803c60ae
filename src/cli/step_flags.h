// Values of the flags that say under what conditions RUN steps run, as docker buildx takes them.
// Everything else is kUsage.
#pragma once

#include "base/result.h"
#include "frontend/dockerfile_frontend.h"

#include <string>
#include <utility>

namespace slipway::cli {

/// NAME:ADDRESS or NAME=ADDRESS; an IPv6 address may stand in brackets.
Result<std::pair<std::string, std::string>> parse_extra_host(const std::string& text);
/// "128m": bytes.
Result<std::int64_t> parse_shm_size(const std::string& text);
/// NAME=SOFT[:HARD], -1 for no limit.
Result<frontend::ResourceLimit> parse_limit(const std::string& text);

}  // namespace slipway::cli
