#include "adapters/minilm/word_pieces.h"

#include <fstream>

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

namespace sotto {
namespace {

constexpr std::int64_t kNone = -1;
constexpr std::size_t kWordLengthMax = 100;  // BERT's own limit: a longer word is one unknown token

std::string utf8(std::u32string_view points) {
  std::string bytes;
  auto const* first = reinterpret_cast<UChar32 const*>(points.data());
  icu::UnicodeString::fromUTF32(first, static_cast<std::int32_t>(points.size())).toUTF8String(bytes);
  return bytes;
}

// BERT's idea of punctuation: all of ASCII that is neither letter, digit nor blank, and Unicode's.
bool is_mark(char32_t c) {
  if (c < 0x80) return c > ' ' && c < 0x7f && !u_isalnum(static_cast<UChar32>(c));
  return u_ispunct(static_cast<UChar32>(c));
}

bool is_ideograph(char32_t c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2ceaf) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

bool is_blank(char32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || u_charType(static_cast<UChar32>(c)) == U_SPACE_SEPARATOR;
}

bool is_dropped(char32_t c) {
  auto const type = u_charType(static_cast<UChar32>(c));
  return c == 0xfffd || type == U_CONTROL_CHAR || type == U_FORMAT_CHAR || type == U_PRIVATE_USE_CHAR ||
         type == U_UNASSIGNED || type == U_NON_SPACING_MARK;
}

// Decomposed, without accents and control characters, in lower case.
std::u32string normalised(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  auto const* decompose = icu::Normalizer2::getNFDInstance(status);
  auto const source = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
  auto const decomposed = decompose->normalize(source, status);
  std::u32string points;
  for (std::int32_t at = 0; at < decomposed.length(); at = decomposed.moveIndex32(at, 1)) {
    auto const c = static_cast<char32_t>(decomposed.char32At(at));
    if (is_blank(c)) {
      points += U' ';
    } else if (!is_dropped(c)) {
      points += static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
    }
  }
  return points;
}

}  // namespace

Result<WordPieces> WordPieces::load(std::filesystem::path const& vocabulary) {
  std::ifstream in(vocabulary);
  auto const file = vocabulary.string();
  if (!in) return fail("model_missing", fmt::format("The model file {} is missing. Run `make setup`.", file));
  WordPieces pieces;
  for (std::string line; std::getline(in, line);) {
    pieces.ids_.emplace(line, static_cast<std::int64_t>(pieces.ids_.size()));
  }
  pieces.begin_ = pieces.find("[CLS]");
  pieces.end_ = pieces.find("[SEP]");
  pieces.unknown_ = pieces.find("[UNK]");
  if (pieces.begin_ == kNone || pieces.end_ == kNone || pieces.unknown_ == kNone) {
    auto constexpr text = "The model file {} cannot be read. Delete its folder and run `make setup`.";
    return fail("model_broken", fmt::format(text, file));
  }
  return pieces;
}

std::vector<std::int64_t> WordPieces::ids(std::string_view text) const {
  std::vector<std::int64_t> ids{begin_};
  std::u32string const points = normalised(text) + U' ';
  std::u32string word;
  for (auto const c : points) {
    bool const alone = is_mark(c) || is_ideograph(c);
    if (c != U' ' && !alone) {
      word += c;
      continue;
    }
    append_word(word, ids);
    word.clear();
    if (alone) append_word(std::u32string_view(&c, 1), ids);
    if (ids.size() >= tokens_max) break;
  }
  ids.resize(std::min(ids.size(), tokens_max - 1));
  ids.push_back(end_);
  return ids;
}

// The longest piece from the left, again and again; a word with an unknown part is unknown as a whole.
void WordPieces::append_word(std::u32string_view word, std::vector<std::int64_t>& ids) const {
  if (word.empty()) return;
  auto const before = ids.size();
  auto const unknown = [&] {
    ids.resize(before);
    ids.push_back(unknown_);
  };
  if (word.size() > kWordLengthMax) return unknown();
  for (std::size_t from = 0; from < word.size();) {
    auto length = word.size() - from;
    auto id = kNone;
    for (; length > 0; --length) {
      id = find((from == 0 ? "" : "##") + utf8(word.substr(from, length)));
      if (id != kNone) break;
    }
    if (id == kNone) return unknown();
    ids.push_back(id);
    from += length;
  }
}

std::int64_t WordPieces::find(std::string const& piece) const {
  auto const found = ids_.find(piece);
  return found == ids_.end() ? kNone : found->second;
}

}  // namespace sotto
