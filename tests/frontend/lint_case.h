// Lint rules as tables: a file, and what is found in it.
#pragma once

#include "lowered_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace slipway::frontend {

struct LintCase {
    const char* name;
    const char* dockerfile;
    std::vector<std::string> found = {};  ///< "Rule:line", in the order of the lines
    std::map<std::string, std::string> build_args = {};
    std::vector<std::string> ignore = {};
    const char* target = "";
};
inline void PrintTo(const LintCase& one, std::ostream* out) {
    *out << one.name;
}

inline std::vector<std::string> names_of(std::vector<dockerfile::lint::Finding> findings) {
    std::ranges::stable_sort(findings, {}, [](const auto& each) { return each.lines.first; });
    std::vector<std::string> names;
    for (const auto& each : findings)
        names.push_back(
            fmt::format("{}:{}", dockerfile::lint::info(each.rule).name, each.lines.first));
    return names;
}

class CheckTest : public LowerTest {
  protected:
    Checked check_it(const std::string& text) {
        auto file = dockerfile::parse_dockerfile(text, "Dockerfile");
        if (!file) return {.findings = {}, .error = file.error()};
        return check(*file, request, images);
    }
    void expect_found(const LintCase& one) {
        request.build_args = one.build_args;
        request.ignore_patterns = one.ignore;
        request.target = one.target;
        const Checked checked = check_it(one.dockerfile);
        EXPECT_FALSE(checked.error) << checked.error->to_string();
        EXPECT_EQ(names_of(checked.findings), one.found) << one.dockerfile;
    }
};

}  // namespace slipway::frontend
