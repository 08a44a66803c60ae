// Just enough of a terminal to know what a person would see: text, \r, \n, cursor up, erase, wrap
// and scroll.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::ui {

class TerminalEmulator {
  public:
    TerminalEmulator(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows) {}

    void feed(std::string_view text) {
        input_ += text;
        std::size_t at = 0;
        while (at < input_.size()) {
            const std::size_t used = take(std::string_view(input_).substr(at));
            if (used == 0) break;  // the rest of a sequence has not come yet
            at += used;
        }
        input_.erase(0, at);
    }

    /// All rows, also those that scrolled out, without trailing blanks.
    [[nodiscard]] std::vector<std::string> rows() const {
        std::vector<std::string> shown;
        for (const std::string& row : screen_)
            shown.push_back(row.substr(0, row.find_last_not_of(' ') + 1));
        while (!shown.empty() && shown.back().empty()) shown.pop_back();
        return shown;
    }
    [[nodiscard]] bool cursor_visible() const { return visible_; }
    /// Sequences that it does not know.
    [[nodiscard]] const std::vector<std::string>& unknown() const { return unknown_; }

  private:
    std::size_t take(std::string_view text) {
        if (text[0] == '\x1b') return take_escape(text);
        if (text[0] == '\r') {
            column_ = 0;
        } else if (text[0] == '\n') {
            next_row();
        } else {
            if (column_ == columns_) {
                column_ = 0;
                next_row();
            }
            std::string& row = screen_[row_];
            if (row.size() <= column_) row.resize(column_ + 1, ' ');
            row[column_++] = text[0];
        }
        return 1;
    }

    std::size_t take_escape(std::string_view text) {
        if (text.size() < 2) return 0;
        std::size_t end = 2;
        while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
        if (end == text.size()) return 0;
        const std::string sequence(text.substr(1, end));
        if (sequence == "[K") {
            if (screen_[row_].size() > column_) screen_[row_].resize(column_);
        } else if (sequence == "[J") {
            if (screen_[row_].size() > column_) screen_[row_].resize(column_);
            screen_.resize(row_ + 1);
        } else if (sequence == "[?25l" || sequence == "[?25h") {
            visible_ = sequence.back() == 'h';
        } else if (sequence.back() == 'A') {
            const std::size_t up = std::stoul(sequence.substr(1));
            const std::size_t top = screen_.size() - std::min(screen_.size(), rows_);
            row_ = row_ - std::min(up, row_ - std::min(row_, top));
        } else if (sequence.back() != 'm') {
            unknown_.push_back(sequence);
        }
        return end + 1;
    }

    void next_row() {
        if (++row_ == screen_.size()) screen_.emplace_back();
    }

    const std::size_t columns_;
    const std::size_t rows_;
    std::string input_;
    std::vector<std::string> screen_ = {""};
    std::size_t row_ = 0;
    std::size_t column_ = 0;
    bool visible_ = true;
    std::vector<std::string> unknown_;
};

}  // namespace slipway::ui
