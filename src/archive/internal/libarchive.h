// What reader and writer share: owners of libarchive's objects, and the locale it looks at.
#pragma once

#include "base/result.h"

#include <archive.h>
#include <archive_entry.h>

#include <locale.h>

#include <memory>
#include <string>
#include <string_view>

namespace slipway::archive {

struct FreeArchive {
    void operator()(::archive* archive) const { archive_free(archive); }
};
using ArchiveHandle = std::unique_ptr<::archive, FreeArchive>;

struct FreeEntry {
    void operator()(::archive_entry* entry) const { archive_entry_free(entry); }
};
using EntryHandle = std::unique_ptr<::archive_entry, FreeEntry>;

/// libarchive asks the locale what names are encoded in. This thread says `locale` for as long as
/// the object lives; other threads and the process keep what they have.
class ScopedLocale {
  public:
    explicit ScopedLocale(locale_t locale) : previous_(uselocale(locale)) {}
    ScopedLocale(const ScopedLocale&) = delete;
    ScopedLocale& operator=(const ScopedLocale&) = delete;
    ~ScopedLocale() { uselocale(previous_); }

  private:
    locale_t previous_;
};

/// For writing: names in UTF-8 go into pax records as they are. Others are kept too, marked as
/// binary. (glibc has this locale built in since 2.35; without it every name outside ASCII is
/// marked as binary.)
inline locale_t utf8_locale() {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale == nullptr ? LC_GLOBAL_LOCALE : locale;
}

/// For reading: libarchive composes UTF-8 on its way into a UTF-8 locale ("e" + U+0301 becomes
/// U+00E9), so that the file would get another name. In this one it cannot convert, and hands over
/// the bytes as they are.
inline locale_t ascii_locale() {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C", nullptr);
    return locale == nullptr ? LC_GLOBAL_LOCALE : locale;
}

/// A warning says that a name is not in the encoding it should be in; its bytes are kept.
inline bool worked(int status) {
    return status == ARCHIVE_OK || status == ARCHIVE_WARN;
}

/// libarchive's own words for what happened last.
inline std::string_view describe(::archive* archive) {
    const char* text = archive_error_string(archive);
    return text == nullptr ? "unknown error" : text;
}

}  // namespace slipway::archive
