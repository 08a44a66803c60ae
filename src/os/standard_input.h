// Our standard input.
#pragma once

#include "base/result.h"
#include "os/fd.h"

namespace slipway::os {

/// What is read from it is gone for everybody else.
Result<Fd> open_standard_input();

}  // namespace slipway::os
