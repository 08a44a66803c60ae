// Hides secret values in a stream of text that comes in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::exec {

/// Every occurrence of a value becomes "****" (values that touch or overlap become one), also when
/// it is spread over several pieces. Only what may be the beginning of a value is kept back, so a
/// prompt without a line end shows at once. Values shorter than kShortestSecret are left alone:
/// hiding them would hide nothing and garble the text. The line ends at the end of a value do not
/// count; of a value of many lines each long line is hidden by itself too. Time and memory: linear
/// in text and in the values. Not thread-safe.
class Masker {
  public:
    static constexpr std::size_t kShortestSecret = 4;

    explicit Masker(const std::vector<std::string>& secrets);
    /// What may be shown now of `text` and of what was kept back.
    std::string feed(std::string_view text);
    /// The rest, at the end of the stream.
    std::string finish();

  private:
    /// Knuth-Morris-Pratt: how much of `value` the text read so far ends with.
    struct Needle {
        std::string value;
        std::vector<std::size_t> fallback;
        std::size_t matched = 0;
        bool step(char next);  ///< true: the value ends here
    };
    struct Span {
        std::size_t begin;
        std::size_t end;
    };

    void add(std::string_view value);
    void scan(std::size_t from);
    void mark(Span span);
    std::string release(std::size_t upto);

    std::vector<Needle> needles_;
    std::string buffer_;       ///< kept back, then what is new
    std::vector<Span> spans_;  ///< to hide in buffer_, in order, apart from each other
    bool hidden_last_ =
        false;  ///< the byte released last was hidden: no second "****" for what touches it
};

}  // namespace slipway::exec
