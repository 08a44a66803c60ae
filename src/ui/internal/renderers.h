// One maker per way to show progress; make_renderer chooses.
#pragma once

#include "ui/renderer.h"

#include <memory>

namespace slipway::ui::internal {

std::unique_ptr<Renderer> make_plain(int fd);
std::unique_ptr<Renderer> make_tty(int fd);
std::unique_ptr<Renderer> make_json(int fd);
std::unique_ptr<Renderer> make_quiet(int fd);

/// For std::visit.
template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace slipway::ui::internal
