#include "stack/internal/toml_table.h"

#include "base/text.h"

namespace slipway::stack {

const toml::node* TomlTable::take(std::string_view key) {
    asked_.emplace(key);
    return table_.get(key);
}

void TomlTable::missing(std::string_view key) {
    fail(fmt::format("{} needs '{}'", what_, key));
}

void TomlTable::wrong(const toml::node& node, std::string_view key, std::string_view expected) {
    reading_.fail(node, fmt::format("{}: '{}' is not {}", what_, key, expected));
}

std::string TomlTable::scalar(const toml::node& node, std::string_view key) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    wrong(node, key, "a string, bool or integer");
    return "";
}

std::vector<std::string> TomlTable::scalars(const toml::node& node, std::string_view key) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return {scalar(node, key)};
    std::vector<std::string> all;
    all.reserve(array->size());
    for (const toml::node& each : *array) all.push_back(scalar(each, key));
    return all;
}

std::string TomlTable::text(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) {
        missing(key);
        return "";
    }
    if (!node->is_string() || node->as_string()->get().empty()) {
        wrong(*node, key, "a string of at least one character");
        return "";
    }
    return node->as_string()->get();
}

std::string TomlTable::text_or(std::string_view key, std::string_view fallback) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::string(fallback);
    if (const auto* text = node->as_string()) return text->get();
    wrong(*node, key, "a string");
    return "";
}

bool TomlTable::flag(std::string_view key, bool fallback) {
    const toml::node* node = take(key);
    if (node == nullptr) return fallback;
    if (const auto* flag = node->as_boolean()) return flag->get();
    wrong(*node, key, "true or false");
    return fallback;
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* number = node->as_integer()) return number->get();
    wrong(*node, key, "an integer");
    return std::nullopt;
}

std::string TomlTable::scalar_or(std::string_view key, std::string_view fallback) {
    const toml::node* node = take(key);
    return node == nullptr ? std::string(fallback) : scalar(*node, key);
}

std::vector<std::string> TomlTable::list(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) return {};
    if (node->is_array()) return scalars(*node, key);
    wrong(*node, key, "a list");
    return {};
}

const toml::table* TomlTable::find_table(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr || node->is_table()) return node == nullptr ? nullptr : node->as_table();
    wrong(*node, key, "a table of names and values");
    return nullptr;
}

ValueTest TomlTable::test(const toml::node& node, std::string_view key) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return {ValueTest::Kind::kIs, scalars(node, key)};
    for (const auto& [word, kind] : {std::pair("not", ValueTest::Kind::kIsNot),
                                     std::pair("ends_with", ValueTest::Kind::kEndsWith)}) {
        if (table->size() == 1 && table->contains(word))
            return {kind, scalars(*table->get(word), key)};
    }
    wrong(node, key, "a value, a list, {not = …} or {ends_with = …}");
    return {};
}

Condition TomlTable::condition(std::string_view key) {
    Condition condition;
    const toml::table* table = find_table(key);
    if (table == nullptr) return condition;
    for (const auto& [name, value] : *table) {
        if (name.str() == "given")
            condition.given = scalars(value, key);
        else
            condition.tests[std::string(name.str())] = test(value, key);
    }
    return condition;
}

std::map<std::string, std::string> TomlTable::map(std::string_view key) {
    std::map<std::string, std::string> all;
    const toml::table* table = find_table(key);
    if (table == nullptr) return all;
    for (const auto& [name, value] : *table) all[std::string(name.str())] = scalar(value, key);
    return all;
}

std::vector<const toml::table*> TomlTable::table_list(std::string_view key) {
    const toml::node* node = take(key);
    if (node == nullptr) return {};
    std::vector<const toml::table*> all;
    const toml::array* array = node->as_array();
    if (array == nullptr) {
        wrong(*node, key, fmt::format("a list of tables: write [[{}]]", key));
        return {};
    }
    for (const toml::node& each : *array) {
        if (!each.is_table()) {
            wrong(each, key, "a list of tables");
            return {};
        }
        all.push_back(each.as_table());
    }
    return all;
}

void TomlTable::finish() {
    const std::vector<std::string> known(asked_.begin(), asked_.end());
    for (const auto& [key, value] : table_) {
        if (asked_.contains(key.str())) continue;
        if (reading_.error) return;
        const auto nearest = find_nearest(key.str(), known);
        Error error = make_error(ErrorCode::kInvalidInput, "{} has no '{}'", what_, key.str())
                          .at(reading_.place(value));
        reading_.error =
            nearest ? std::move(error).hint("did you mean '" + *nearest + "'?") : std::move(error);
    }
}

}  // namespace slipway::stack
