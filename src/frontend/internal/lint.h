// The lint rules that need more than the file: values of variables, configs of base images, ignore
// patterns (docs/rules/).
#pragma once

#include "frontend/internal/build.h"
#include "frontend/internal/instructions.h"

namespace slipway::frontend {

/// Does every FROM name an image while no build argument is given? `build.global_args` hold the
/// platform's ARGs only.
void lint_default_args(Build& build);

/// The variables of one FROM line. `build.global_args` are complete.
void lint_from(Build& build, const dockerfile::Stage& stage);

/// `actual` is the platform of the image that `name` turned out to be.
void lint_base_platform(Build& build, const Stage& stage, const image::Platform& actual);

/// One instruction, before it has changed its stage.
void lint_instruction(const Step& step);

}  // namespace slipway::frontend
