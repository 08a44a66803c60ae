// Lowers short Dockerfiles and looks things up in what comes out.
#pragma once

#include "fake_images.h"
#include "llb/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slipway::frontend {

class LowerTest : public ::testing::Test {
  protected:
    Result<Lowered> lower_it(const std::string& dockerfile) {
        return lower_text(dockerfile, request, images);
    }
    /// Must succeed; what came out is in `lowered` and `graph`.
    void lower_ok(const std::string& dockerfile) {
        auto made = lower_it(dockerfile);
        ASSERT_TRUE(made) << made.error().to_string();
        lowered = std::move(*made);
        auto loaded = llb::Graph::load(lowered.definition);
        ASSERT_TRUE(loaded) << loaded.error().to_string();
        graph = std::move(*loaded);
    }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const llb::Vertex& vertex : graph.vertices()) names.push_back(vertex.name());
        return names;
    }
    /// The first vertex whose name holds `part`; fails the test when there is none.
    [[nodiscard]] const llb::Vertex& vertex(const std::string& part) const {
        static const llb::Vertex kNone;
        for (const llb::Vertex& vertex : graph.vertices()) {
            if (vertex.name().find(part) != std::string::npos) return vertex;
        }
        ADD_FAILURE() << "no vertex is named like '" << part << "'";
        return kNone;
    }
    [[nodiscard]] std::vector<std::string> env(const std::string& part) const {
        const auto& list = vertex(part).op.exec().meta().env();
        std::vector<std::string> without_path;
        for (const std::string& variable : list) {
            if (!variable.starts_with("PATH=")) without_path.push_back(variable);
        }
        return without_path;
    }
    [[nodiscard]] const pb::Mount& mount(const std::string& part, const std::string& dest) const {
        static const pb::Mount kNone;
        for (const pb::Mount& mount : vertex(part).op.exec().mounts()) {
            if (mount.dest() == dest) return mount;
        }
        ADD_FAILURE() << "'" << part << "' mounts nothing at " << dest;
        return kNone;
    }
    /// What the file's own instructions say in the history.
    [[nodiscard]] std::vector<std::string> history() const {
        std::vector<std::string> texts;
        for (const image::HistoryEntry& entry : lowered.config.history) {
            if (entry.comment == "buildkit.dockerfile.v0") {
                texts.push_back((entry.empty_layer ? "- " : "+ ") + entry.created_by);
            }
        }
        return texts;
    }

    FakeImages images = FakeImages::load(std::string(SLIPWAY_TEST_DATA) + "/images.json");
    Request request = load_request("");
    Lowered lowered;
    llb::Graph graph;
};

/// Fails with this code, a text in the message, and this first line.
MATCHER_P3(FailsAt, code, text, line, "fails at a line with a code and a text") {
    if (arg.has_value()) {
        *result_listener << "which succeeded";
        return false;
    }
    const Error& error = arg.error();
    *result_listener << to_string(error.code()) << " at "
                     << (error.where() ? error.where()->first_line : 0) << ": "
                     << error.to_string();
    return error.code() == code && error.where() && error.where()->first_line == line &&
           error.where()->file == "Dockerfile" && error.to_string().find(text) != std::string::npos;
}

MATCHER_P(HintIs, matcher, "fails with a hint") {
    return !arg.has_value() && arg.error().hint() &&
           ::testing::ExplainMatchResult(matcher, *arg.error().hint(), result_listener);
}

}  // namespace slipway::frontend
