#include "cli/build_call.h"

#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"
#include "dockerfile/lint/linter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace slipway::cli {

namespace {

namespace lint = dockerfile::lint;
using dockerfile::Lines;

/// One range for each line, as the reference has it; one for all of a very long instruction.
OrderedJson location(Lines lines) {
    constexpr int kMostRanges = 10'000;
    const int step = lines.last - lines.first < kMostRanges ? 1 : lines.last - lines.first + 1;
    OrderedJson ranges = OrderedJson::array();
    for (int line = lines.first; line <= lines.last; line += step) {
        ranges.push_back({{"start", {{"line", line}}}, {"end", {{"line", line + step - 1}}}});
    }
    return {{"ranges", std::move(ranges)}};
}

/// The sources as subrequests other than lint give them: their text alone.
OrderedJson plain_sources(const dockerfile::Dockerfile& file) {
    return OrderedJson::array({base64_encode(file.text)});
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void put_unless_empty(OrderedJson& json, const char* key, std::string_view value) {
    if (!value.empty()) json[key] = value;
}

/// Columns set apart by `gap` blanks, each as wide as its widest cell; the last one is not filled.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t gap) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], count_characters(row[i]));
    }
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += row[i];
            if (i + 1 < row.size()) text.append(widths[i] - count_characters(row[i]) + gap, ' ');
        }
        text += '\n';
    }
    return text;
}

/// The lines and their surroundings:
///   Dockerfile:2
///   --------------------
///      1 |     FROM debian
///      2 | >>> run make
///   --------------------
std::string excerpt(const dockerfile::Dockerfile& file, Lines lines) {
    const std::vector<std::string_view> all = split(file.text, '\n');
    const int size = static_cast<int>(all.size());
    if (lines.first < 1 || lines.first > size) return "";
    int last = std::min(std::max(lines.first, lines.last), size);
    int first = lines.first;
    const int around = first == last ? 4 : 2;
    for (int added = 0; added < around; ++added) {
        if (first > 1) {
            --first;
            ++added;
        }
        if (last < size) {
            ++last;
            ++added;
        }
    }
    std::string text = fmt::format("{}:{}\n--------------------\n", file.file_name, lines.first);
    for (int line = first; line <= last; ++line) {
        const bool meant = line >= lines.first && line <= std::max(lines.first, lines.last);
        std::string_view shown = all[static_cast<std::size_t>(line - 1)];
        if (shown.ends_with('\r')) shown.remove_suffix(1);
        text += fmt::format(" {:3} | {} {}\n", line, meant ? ">>>" : "   ", printable(shown));
    }
    return text + "--------------------\n";
}

std::string explain(const lint::Finding& finding, const dockerfile::Dockerfile& file) {
    const lint::RuleInfo& about = lint::info(finding.rule);
    std::string text = fmt::format("\n{}: {}", to_upper(lint::to_string(about.level)), about.name);
    const std::string url = lint::url(finding.rule);
    if (!url.empty()) text += " - " + url;
    return text + "\n" + printable(finding.message) + "\n" + excerpt(file, finding.lines);
}

std::size_t count_warnings(const frontend::Checked& checked) {
    return static_cast<std::size_t>(
        std::ranges::count_if(checked.findings, [](const lint::Finding& finding) {
            return lint::info(finding.rule).level == lint::Level::kWarning;
        }));
}

std::string check_as_text(const frontend::Checked& checked, const dockerfile::Dockerfile& file) {
    std::vector<lint::Finding> findings = checked.findings;
    std::ranges::stable_sort(findings, {}, [](const lint::Finding& f) { return f.lines.first; });
    const std::size_t warnings = count_warnings(checked);
    std::string text;
    if (warnings > 0) {
        text = fmt::format("Check complete, {} {} been found!\n", warnings,
                           warnings == 1 ? "warning has" : "warnings have");
    } else if (!checked.error) {
        text = "Check complete, no warnings found.\n";
    }
    for (const lint::Finding& finding : findings) text += explain(finding, file);
    return text;
}

std::string check_as_json(const frontend::Checked& checked, const dockerfile::Dockerfile& file) {
    OrderedJson warnings = OrderedJson::array();
    for (const lint::Finding& finding : checked.findings) {
        const lint::RuleInfo& about = lint::info(finding.rule);
        OrderedJson warning = {{"ruleName", about.name}, {"description", about.description}};
        put_unless_empty(warning, "url", lint::url(finding.rule));
        warning["detail"] = finding.message;
        warning["location"] = location(finding.lines);
        warning["level"] = lint::to_string(about.level);
        warnings.push_back(std::move(warning));
    }
    OrderedJson result = {{"warnings", std::move(warnings)}};
    result["sources"] = OrderedJson::array({{{"filename", file.file_name},
                                             {"data", base64_encode(file.text)},
                                             {"language", "Dockerfile"}}});
    if (checked.error) {
        OrderedJson error = {{"message", checked.error->to_string()}};
        const auto& where = checked.error->where();
        error["location"] =
            where ? location({where->first_line, where->last_line}) : OrderedJson::object();
        result["buildError"] = std::move(error);
    }
    return dump_json(result, 2) + "\n";
}

OrderedJson asked_as_json(const std::vector<frontend::Outline::Asked>& all) {
    OrderedJson list = OrderedJson::array();
    for (const auto& asked : all) {
        OrderedJson each = {{"name", asked.name}};
        if (asked.required) each["required"] = true;
        each["location"] = location(asked.lines);
        list.push_back(std::move(each));
    }
    return list;
}

std::string asked_as_text(const char* title, const std::vector<frontend::Outline::Asked>& all) {
    if (all.empty()) return "";
    std::vector<std::vector<std::string>> rows = {{title, "REQUIRED"}};
    for (const auto& asked : all) rows.push_back({asked.name, asked.required ? "true" : ""});
    return table(rows, 3) + "\n";
}

std::string outline_as_json(const frontend::Outline& outline, const dockerfile::Dockerfile& file) {
    OrderedJson result = OrderedJson::object();
    put_unless_empty(result, "name", outline.name);
    put_unless_empty(result, "description", outline.description);
    OrderedJson args = OrderedJson::array();
    for (const auto& arg : outline.args) {
        OrderedJson each = {{"name", arg.name}};
        put_unless_empty(each, "description", arg.description);
        put_unless_empty(each, "value", arg.value);
        each["location"] = location(arg.lines);
        args.push_back(std::move(each));
    }
    if (!args.empty()) result["args"] = std::move(args);
    if (!outline.secrets.empty()) result["secrets"] = asked_as_json(outline.secrets);
    if (!outline.agents.empty()) result["ssh"] = asked_as_json(outline.agents);
    result["sources"] = plain_sources(file);
    return dump_json(result, 2) + "\n";
}

}  // namespace

Result<Call> Call::parse(std::string_view text) {
    static const std::array<std::pair<std::string, Method>, 5> kMethods = {
        {{"build", Method::kBuild},
         {"check", Method::kCheck},
         {"lint", Method::kCheck},
         {"outline", Method::kOutline},
         {"targets", Method::kTargets}}};
    Call call;
    bool named = false;
    for (const auto field : split(text, ',')) {
        const auto option = split_once(field, '=');
        const auto wrong = [&](std::string_view why) {
            return make_error(ErrorCode::kUsage, "--call={}: {}", text, why);
        };
        if (option && option->first == "format") {
            if (option->second != "json" && option->second != "text")
                return wrong("format is json or text");
            call.format = option->second == "json" ? Format::kJson : Format::kText;
        } else if (option && option->first == "ignorestatus") {
            if (option->second != "true" && option->second != "false")
                return wrong("ignorestatus is true or false");
            call.ignore_status = option->second == "true";
        } else if (option || named) {
            return wrong(fmt::format("unexpected '{}'", field));
        } else {
            const auto* const method = std::ranges::find(
                kMethods, field, [](const auto& each) { return std::string_view(each.first); });
            if (method == kMethods.end()) {
                std::vector<std::string> names;
                names.reserve(kMethods.size());
                for (const auto& each : kMethods) names.push_back(each.first);
                Error error = wrong("the methods are build, check, outline and targets");
                const auto nearest = find_nearest(field, names);
                if (!nearest) return error;
                return std::move(error).hint("did you mean '" + *nearest + "'?");
            }
            call.method = method->second;
            named = true;
        }
    }
    return call;
}

std::string print_targets(const dockerfile::Dockerfile& file, Call::Format format) {
    OrderedJson targets = OrderedJson::array();
    std::vector<std::vector<std::string>> rows = {{"TARGET", "DESCRIPTION"}};
    for (const dockerfile::Stage& stage : file.stages) {
        const auto& from = std::get<dockerfile::From>(stage.from.body);
        const bool is_default = &stage == &file.stages.back();
        const std::string about = dockerfile::description_of(stage.from, stage.name);
        rows.push_back({!is_default          ? stage.name
                        : stage.name.empty() ? "(default)"
                                             : stage.name + " (default)",
                        about});
        OrderedJson target = OrderedJson::object();
        put_unless_empty(target, "name", stage.name);
        if (is_default) target["default"] = true;
        put_unless_empty(target, "description", about);
        put_unless_empty(target, "base", from.image);
        put_unless_empty(target, "platform", from.platform.value_or(""));
        target["location"] = location(stage.from.lines);
        targets.push_back(std::move(target));
    }
    if (format == Call::Format::kText) return table(rows, 1);
    const OrderedJson result = {{"targets", std::move(targets)}, {"sources", plain_sources(file)}};
    return dump_json(result, 2) + "\n";
}

std::string print_outline(const frontend::Outline& outline, const dockerfile::Dockerfile& file,
                          Call::Format format) {
    if (format == Call::Format::kJson) return outline_as_json(outline, file);
    std::string text;
    if (!outline.name.empty() || !outline.description.empty()) {
        std::vector<std::vector<std::string>> rows = {
            {"TARGET:", outline.name.empty() ? "(default)" : outline.name}};
        if (!outline.description.empty()) rows.push_back({"DESCRIPTION:", outline.description});
        text += table(rows, 1) + "\n";
    }
    if (!outline.args.empty()) {
        std::vector<std::vector<std::string>> rows = {{"BUILD ARG", "VALUE", "DESCRIPTION"}};
        for (const auto& arg : outline.args) rows.push_back({arg.name, arg.value, arg.description});
        text += table(rows, 3) + "\n";
    }
    return text + asked_as_text("SECRET", outline.secrets) + asked_as_text("SSH", outline.agents);
}

std::string print_check(const frontend::Checked& checked, const dockerfile::Dockerfile& file,
                        Call::Format format) {
    return format == Call::Format::kJson ? check_as_json(checked, file)
                                         : check_as_text(checked, file);
}

int check_status(const frontend::Checked& checked) {
    return count_warnings(checked) > 0 ? 1 : 0;
}

}  // namespace slipway::cli
