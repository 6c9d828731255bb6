// answering: questions of businesses that the model was not trained on (models/answering/README.md), asked as a call
// asks: of those that a passage answers, the share that is answered by it (`right`); of the others, the share that is
// answered (`wrong_unanswerable`); with the passage read, and by its score alone.
#include "answering/held_out.h"

#include "../eval/figures.h"

using namespace sotto;

static void print(char const* by, eval::AnswerShares const& found) {
  auto const keys = fmt::format(R"(,"by":"{}")", by);
  eval::print_share("answering", "right", found.right, found.answerable, 0, 0, keys);
  eval::print_share("answering", "wrong_unanswerable", found.wrong, found.other, 0, 0, keys);
}

int main() {
  auto const encoder = SentenceEncoder::load(".cache/minilm");
  if (!encoder) {
    fmt::print(stderr, "{}\n", encoder.error().message);
    return 1;
  }
  eval::Answering found;
  for (auto const& business : eval::held_out_businesses("models")) found.ask(business, *encoder);
  print("read", found.read);
  print("score", found.scored);
}
