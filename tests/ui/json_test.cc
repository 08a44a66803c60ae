#include "base/json.h"

#include "base/text.h"
#include "ui/captured.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace slipway::ui {
namespace {

using progress::Reason;

std::vector<Json> records(const std::string& text) {
    std::vector<Json> found;
    for (const auto line : split(text, '\n')) {
        if (!line.empty()) found.push_back(parse_json(line).value());
    }
    return found;
}

TEST(JsonEvents, HaveTheFieldsThatAreDocumentedInTheirOrder) {
    const std::string text = capture(ProgressMode::kJson, [](Renderer& sink) {
        sink.emit(progress::BuildStarted{.name = "runtime", .steps = 2});
        sink.emit(progress::StepQueued{
            .step = id(1), .name = "RUN \"x\"", .where = SourceRange{"Dockerfile", 2, 3}});
        sink.emit(started(1));
        sink.emit(log(1, "out\n"));
        sink.emit(progress::StepProgress{.step = id(1), .what = "blob", .current = 3, .total = 0});
        sink.emit(done(1, Reason::kMissInputs));
        sink.emit(progress::Warning{.text = "old", .where = {}});
        sink.emit(progress::BuildDone{.ok = true, .duration = std::chrono::milliseconds(15)});
    });
    const std::string step = id(1).to_string();
    EXPECT_EQ(text,
              "{\"v\":1,\"type\":\"build.started\",\"name\":\"runtime\",\"steps\":2}\n"
              "{\"v\":1,\"type\":\"step.queued\",\"step\":\"" +
                  step +
                  "\",\"name\":\"RUN \\\"x\\\"\","
                  "\"where\":{\"file\":\"Dockerfile\",\"first_line\":2,\"last_line\":3}}\n"
                  "{\"v\":1,\"type\":\"step.started\",\"step\":\"" +
                  step +
                  "\"}\n"
                  "{\"v\":1,\"type\":\"step.log\",\"step\":\"" +
                  step +
                  "\",\"stream\":1,\"text\":\"out\\n\"}\n"
                  "{\"v\":1,\"type\":\"step.progress\",\"step\":\"" +
                  step +
                  "\",\"what\":\"blob\",\"current\":3,\"total\":null}\n"
                  "{\"v\":1,\"type\":\"step.done\",\"step\":\"" +
                  step +
                  "\",\"reason\":\"miss_inputs\",\"detail\":null,"
                  "\"ms\":1240,\"error\":null}\n"
                  "{\"v\":1,\"type\":\"warning\",\"text\":\"old\",\"where\":null,"
                  "\"rule\":null,\"level\":null,\"url\":null}\n"
                  "{\"v\":1,\"type\":\"build.done\",\"ok\":true,\"ms\":15}\n");
}

TEST(JsonEvents, TellTheRuleOfAWarning) {
    const std::string text = capture(ProgressMode::kJson, [](Renderer& sink) {
        sink.emit(progress::Warning{.text = "w",
                                    .where = SourceRange{"Dockerfile", 3, 4},
                                    .rule = "SomeRule",
                                    .level = "note",
                                    .url = "docs/rules/SomeRule.md"});
    });
    const auto all = records(text);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].at("rule"), "SomeRule");
    EXPECT_EQ(all[0].at("level"), "note");
    EXPECT_EQ(all[0].at("url"), "docs/rules/SomeRule.md");
    EXPECT_EQ(all[0].at("where").at("first_line"), 3);
}

TEST(JsonEvents, TellTheErrorOfAFailedStep) {
    const std::string text = capture(ProgressMode::kJson, [](Renderer& sink) {
        Error error(ErrorCode::kStepFailed, "'make' failed");
        sink.emit(progress::StepDone{
            .step = id(1),
            .reason = Reason::kFailed,
            .detail = "",
            .duration = {},
            .error = std::move(error).at({"Dockerfile", 4, 4}).hint("look above").exit_status(2)});
    });
    const auto all = records(text);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0]["reason"], "failed");
    EXPECT_EQ(all[0]["error"],
              Json::parse(R"({"code":"step_failed","message":"'make' failed","hint":"look above",
        "exit_status":2,"where":{"file":"Dockerfile","first_line":4,"last_line":4}})"));
}

TEST(JsonEvents, HoldWholeCharactersHoweverTheTextIsCut) {
    const std::string text = capture(ProgressMode::kJson, [](Renderer& sink) {
        const std::string ship = "\xf0\x9f\x9a\xa2";
        for (const char c : "a" + ship + "b") sink.emit(log(1, std::string(1, c)));
        sink.emit(log(1, "\xe2", 2));  // never completed
        sink.emit(log(1, "\xff\n"));
        sink.emit(done(1, Reason::kMissFirst));
        sink.emit(log(2, "end\xc3"));
    });
    std::string out;
    std::string err;
    for (const auto& record : records(text)) {
        if (record["type"] != "step.log") continue;
        (record["stream"] == 1 ? out : err) += record["text"].get<std::string>();
    }
    EXPECT_EQ(out,
              "a\xf0\x9f\x9a\xa2"
              "b\xef\xbf\xbd\nend\xef\xbf\xbd");
    EXPECT_EQ(err, "\xef\xbf\xbd");
}

}  // namespace
}  // namespace slipway::ui
