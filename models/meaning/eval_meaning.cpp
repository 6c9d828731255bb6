// meaning: how well what is said is told from what is not, in trades that the meaning was not trained on; the sentence
// vector beside it.
#include "meaning/held_out.h"
#include "meaning/held_out_calls.h"

#include "../eval/figures.h"
#include "adapters/minilm/sentence_encoder.h"

using namespace sotto;

int main() {
  auto const encoder = SentenceEncoder::load(".cache/minilm");
  if (!encoder) {
    fmt::print(stderr, "{}\n", encoder.error().message);
    return 1;
  }
  auto const print = [](std::string const& by, eval::HeldOut const& found) {
    auto const keys = fmt::format(R"(,"by":"{}","threshold":{:.3f})", by, found.threshold);
    auto const said = static_cast<double>(found.said), near = static_cast<double>(found.near);
    eval::print_share("meaning", "first", found.first * said, said, 0, 0, keys);
    eval::print_share("meaning", "recall", found.recall * said, said, 0, 0, keys);
    eval::print_share("meaning", "near_false", found.near_false * near, near, 0, 0, keys);
  };
  auto const meaning = [&](std::string const& text) { return encoder->meaning_of(text).value(); };
  auto const vector = [&](std::string const& text) { return encoder->encode(text).value(); };
  auto const print_calls = [](std::string const& by, eval::HeldOutCalls const& calls) {
    for (double const wrong : {.25, 1.0}) {
      auto const found = calls.at(wrong);
      auto const said = static_cast<double>(found.said);
      eval::print_share("meaning", "calls_recall", found.recall * said, said, 0, 0,
                        fmt::format(R"(,"by":"{}","wrong_per_call":{},"threshold":{:.3f},"calls":{})", by, wrong,
                                    found.threshold, found.calls));
    }
  };
  print("meaning", eval::HeldOutTrades("models", meaning).figures());
  print("sentence vector", eval::HeldOutTrades("models", vector).figures());
  print_calls("meaning", {"models/meaning", meaning});
  print_calls("sentence vector", {"models/meaning", vector});
}
