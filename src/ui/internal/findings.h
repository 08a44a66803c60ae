// What lint rules said, as shown below everything else when a build ends.
#pragma once

#include "progress/event.h"

#include <span>
#include <string>

namespace slipway::ui::internal {

/// Is it of a lint rule?
bool is_finding(const progress::Warning& warning);

/// " 2 warnings found ('slipway build --check' explains them):" and a line for each, notes likewise
/// after them; "" without findings.
std::string summarize_findings(std::span<const progress::Warning> findings);

}  // namespace slipway::ui::internal
