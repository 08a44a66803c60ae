// One table of a TOML file, read strictly: every key has to be asked for, in its type. The first
// thing that is wrong is kept with its line; what is read after it is empty.
#pragma once

#include "base/error.h"
#include "stack/stack.h"

#include <toml++/toml.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::stack {

/// Of one file: its name, and the first thing that is wrong.
struct TomlReading {
    std::string file;
    std::optional<Error> error;

    [[nodiscard]] SourceRange place(const toml::node& node) const {
        const int line = static_cast<int>(node.source().begin.line);
        return {file, line, line};
    }
    void fail(const toml::node& node, std::string message) {
        if (!error) error = Error(ErrorCode::kInvalidInput, std::move(message)).at(place(node));
    }
};

class TomlTable {
  public:
    /// `what` names it in errors: "[[engine]]". Both must outlive this.
    TomlTable(const toml::table& table, TomlReading& reading, std::string what)
        : table_(table), reading_(reading), what_(std::move(what)) {}

    [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
    [[nodiscard]] SourceRange where() const { return reading_.place(table_); }

    std::string text(std::string_view key);  ///< must be there, and not be empty
    std::string text_or(std::string_view key, std::string_view fallback);
    bool flag(std::string_view key, bool fallback = false);
    std::optional<std::int64_t> integer(std::string_view key);
    /// A string, bool or integer, as text.
    std::string scalar_or(std::string_view key, std::string_view fallback);
    std::vector<std::string> list(std::string_view key);
    /// Scalars by name.
    std::map<std::string, std::string> map(std::string_view key);
    /// By name a scalar, a list of them, or {not = …} or {ends_with = …} of either; and `given`.
    Condition condition(std::string_view key);
    /// Calls `read` with each table of an array of tables.
    template <typename Read>
    void tables(std::string_view key, Read read) {
        for (const toml::table* each : table_list(key)) {
            TomlTable table(*each, reading_, "[[" + std::string(key) + "]]");
            read(table);
            table.finish();
        }
    }
    /// One table that must be there.
    template <typename Read>
    void table(std::string_view key, Read read) {
        const toml::node* node = take(key);
        if (node == nullptr) return missing(key);
        if (!node->is_table()) return wrong(*node, key, "a table");
        TomlTable inner(*node->as_table(), reading_, "[" + std::string(key) + "]");
        read(inner);
        inner.finish();
    }

    void fail(std::string message) { reading_.fail(table_, std::move(message)); }
    /// Every key that was not asked for is an error, with the nearest as hint.
    void finish();

  private:
    const toml::node* take(std::string_view key);
    void missing(std::string_view key);
    void wrong(const toml::node& node, std::string_view key, std::string_view expected);
    std::string scalar(const toml::node& node, std::string_view key);
    std::vector<std::string> scalars(const toml::node& node, std::string_view key);
    std::vector<const toml::table*> table_list(std::string_view key);
    const toml::table* find_table(std::string_view key);
    ValueTest test(const toml::node& node, std::string_view key);

    const toml::table& table_;
    TomlReading& reading_;
    std::string what_;
    std::set<std::string, std::less<>> asked_;
};

}  // namespace slipway::stack
