#include "adapters/moonshine/tokens.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <unicode/utf8.h>

namespace sotto {
namespace {

constexpr std::string_view kBlank = "\xe2\x96\x81";  // U+2581 stands for a space before a word

// Each piece is a length and its bytes; a length from 128 up takes two bytes, low seven bits first.
bool read_pieces(std::string_view bytes, std::vector<std::string>& pieces) {
  while (!bytes.empty()) {
    std::size_t length = static_cast<unsigned char>(bytes[0]);
    std::size_t header = 1;
    if (length >= 128) {
      if (bytes.size() < 2) return false;
      length = length - 128 + 128 * static_cast<unsigned char>(bytes[1]);
      header = 2;
    }
    if (bytes.size() < header + length) return false;
    pieces.emplace_back(bytes.substr(header, length));
    bytes.remove_prefix(header + length);
  }
  return !pieces.empty();
}

bool is_control(std::string_view piece) {
  return piece == "<unk>" || piece == "<s>" || piece == "</s>" || piece.starts_with("<<ST_");
}

bool is_letter(char byte) {
  return static_cast<unsigned char>(byte) >= 0x80 || std::isalnum(static_cast<unsigned char>(byte)) != 0;
}

}  // namespace

Result<MoonshineTokens> MoonshineTokens::load(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail("model_missing", fmt::format("The model file {} is missing. Run `make setup`.", file.string()));
  std::string const bytes{std::istreambuf_iterator<char>(in), {}};
  MoonshineTokens tokens;
  if (!read_pieces(bytes, tokens.pieces_)) {
    auto constexpr text = "The model file {} cannot be read. Delete its folder and run `make setup`.";
    return fail("model_broken", fmt::format(text, file.string()));
  }
  for (std::size_t id = 0; id < tokens.pieces_.size(); ++id) {
    tokens.ids_.emplace(tokens.pieces_[id], static_cast<Token>(id));  // the first of two that are the same
  }
  return tokens;
}

std::vector<Token> MoonshineTokens::rewritten(std::span<Token const> tokens, TokenRange place,
                                              std::string_view words) const {
  auto const before = tokens.first(place.from), behind = tokens.subspan(place.to);
  auto const written = encode(" " + std::string(words));  // the first word of a text has its blank too
  std::vector<Token> out(before.begin(), before.end());
  out.insert(out.end(), written.begin(), written.end());
  out.insert(out.end(), behind.begin(), behind.end());
  return out;
}

bool MoonshineTokens::writes_as(MoonshineTokens const& other) const {
  constexpr std::size_t one_in = 1000;
  auto const both = std::min(pieces_.size(), other.pieces_.size());
  std::size_t different = 0;
  for (std::size_t id = 0; id < both; ++id) different += pieces_[id] == other.pieces_[id] ? 0 : 1;
  return different * one_in < both;
}

std::vector<Token> MoonshineTokens::encode(std::string_view text) const {
  std::vector<std::string> pieces;
  auto const length = static_cast<std::int32_t>(text.size());
  for (std::int32_t next = 0; next < length;) {
    auto const begin = next;
    U8_FWD_1(text.data(), next, length);
    auto const letter = text.substr(begin, next - begin);
    pieces.emplace_back(letter == " " ? kBlank : letter);
  }
  while (true) {
    auto best = ids_.end();
    std::size_t at = 0;
    for (std::size_t index = 0; index + 1 < pieces.size(); ++index) {
      auto const joined = ids_.find(pieces[index] + pieces[index + 1]);
      if (joined == ids_.end() || (best != ids_.end() && best->second <= joined->second)) continue;
      best = joined;
      at = index;
    }
    if (best == ids_.end()) break;
    pieces[at] = best->first;
    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  std::vector<Token> tokens;
  for (auto const& piece : pieces) {
    if (auto const known = ids_.find(piece); known != ids_.end()) tokens.push_back(known->second);
  }
  return tokens;
}

MoonshineTokens::Written MoonshineTokens::written(std::span<Token const> tokens) const {
  Written all, valid;
  for (std::size_t place = 0; place < tokens.size(); ++place) {
    auto const token = tokens[place];
    if (token < 0 || token >= static_cast<Token>(pieces_.size()) || is_control(pieces_[token])) continue;
    std::string_view piece = pieces_[token];
    if (piece.starts_with(kBlank)) {
      all.bytes += ' ';
      piece.remove_prefix(kBlank.size());
    }
    all.bytes += piece;
    all.places.resize(all.bytes.size(), place);
  }
  auto const length = static_cast<std::int32_t>(all.bytes.size());
  for (std::int32_t next = 0; next < length;) {
    auto const begin = next;
    UChar32 point = 0;
    U8_NEXT(all.bytes.data(), next, length, point);
    if (point < 0x20) continue;
    valid.bytes.append(all.bytes, begin, next - begin);
    valid.places.insert(valid.places.end(), all.places.begin() + begin, all.places.begin() + next);
  }
  return valid;
}

std::string MoonshineTokens::text(std::span<Token const> tokens) const {
  auto const text = written(tokens).bytes;
  auto const first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<TokenRange> MoonshineTokens::words(std::span<Token const> tokens) const {
  auto const [bytes, places] = written(tokens);
  std::vector<TokenRange> words;
  std::size_t end = 0;  // of the word before, with its marks
  bool inside = false, said = false;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] == ' ') {
      inside = said = false;
      continue;
    }
    // A blank that is a piece by itself belongs to the word behind it.
    if (!inside) words.push_back({std::min(end, places[at]), 0});
    inside = true;
    end = places[at] + 1;
    bool const letter = is_letter(bytes[at]);
    if (letter || !said) words.back().to = end;
    said = said || letter;
  }
  return words;
}

}  // namespace sotto
