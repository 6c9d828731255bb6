// Spoken forms: the English files of nemo_itn (read, not tuned on line by line) and generated sentences; how many
// entities are found with the right value. SOTTO_DATA names the data. Then generated dictations of order, ticket, phone
// and account numbers over several turns: whether the turn that ends one names it whole, with the right validity.
//   eval_spoken [--seed N] [--show]      seed 1 is for work on the rules, others report
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "entities/dictation_script.h"
#include "entities/figures.h"
#include "language/entities/entities.h"
#include "language/entities/multi_turn_entities.h"
#include "language/numbers/phone.h"

namespace sotto::eval {
namespace {

using language::Entity;

std::vector<std::string> split(std::string const& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

// Letters and digits only: "$1,500" and "1500 USD" are compared by what they hold.
std::string bare(std::string const& text) {
  std::string out;
  for (auto const c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

struct Counts {
  std::map<std::string, std::pair<long, long>> of;  // hits, all
  bool show = false;

  void add(std::string const& type, std::string const& said, Entity::Kind kind, std::string const& value,
           bool exact = true) {
    auto const found = language::find_entities(split(said));
    bool const hit = std::ranges::any_of(found, [&](Entity const& entity) {
      return entity.kind == kind && (!exact || entity.value == value || bare(entity.value) == bare(value));
    });
    auto& [hits, all] = of[type];
    hits += hit;
    ++all;
    if (hit || !show) return;
    std::fprintf(stderr, "%s: %s\n   wanted %s, got", type.c_str(), said.c_str(), value.c_str());
    for (auto const& entity : found)
      std::fprintf(stderr, " [%s %s]", language::name(entity.kind), entity.value.c_str());
    std::fputc('\n', stderr);
  }
};

std::vector<std::pair<std::string, std::string>> pairs(std::string const& path) {
  std::vector<std::pair<std::string, std::string>> out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (auto const mark = line.find('~'); mark != std::string::npos)
      out.emplace_back(line.substr(0, mark), line.substr(mark + 1));
  }
  return out;
}

// Lines that name a thing of the kind and nothing else; "nineteen eighties" and "one dollars" are none.
void nemo(Counts& counts, std::string const& data) {
  auto const folder = data + "/nemo_itn/data_inverse_text_normalization/test_cases_";
  for (auto const& [said, written] : pairs(folder + "electronic.txt")) {
    if (written.find('@') != std::string::npos && written.find(' ') == std::string::npos)
      counts.add("email", said, Entity::Kind::email, written);
  }
  for (auto const& [said, written] : pairs(folder + "money.txt")) {
    if (written.starts_with("$") && written.find(' ') == std::string::npos)
      counts.add("money", said, Entity::Kind::money, written + " USD");
  }
  for (auto const& [said, written] : pairs(folder + "telephone.txt")) {
    auto const digits = std::ranges::count_if(written, [](char c) { return c >= '0' && c <= '9'; });
    if (digits >= 10 && written.find('.') == std::string::npos) counts.add("phone", said, Entity::Kind::phone, written);
  }
  for (auto const& [said, written] : pairs(folder + "date.txt")) {
    bool const month = std::isalpha(static_cast<unsigned char>(written[0])) || written.find(' ') == 2;
    if (month && std::isdigit(static_cast<unsigned char>(written.back())) && written[0] != 'Q')
      counts.add("date", said, Entity::Kind::date, written, false);
  }
  for (auto const& [said, written] : pairs(folder + "time.txt")) {
    if (said.find(" m") != std::string::npos || said.find("oclock") != std::string::npos ||
        said.find("past") != std::string::npos) {
      counts.add("time", said, Entity::Kind::time, written, false);
    }
  }
}

void generated(Counts& counts, Random& random) {
  static std::vector<std::string> const names = {"anna", "j smith", "m dot jones", "peter underscore b", "k l m"},
                                        hosts = {"gmail dot com", "yahoo dot co dot uk", "a o l dot com",
                                                 "example dot org"};
  static std::vector<std::string> const opens = {"my email is", "it's", "send it to", "you can write to",
                                                 "the address is"};
  for (int i = 0; i < 400; ++i) {
    auto const local = random.pick(names), host = random.pick(hosts);
    auto const plain = [](std::string text) {
      for (auto const& [from, to] :
           {std::pair<std::string, std::string>{" dot ", "."}, {" underscore ", "_"}, {" ", ""}}) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from))
          text.replace(at, from.size(), to);
      }
      return text;
    };
    counts.add("email", random.pick(opens) + " " + local + " at " + host, Entity::Kind::email,
               plain(local) + "@" + plain(host));
    auto digits = std::to_string(random.between(2, 9));
    while (digits.size() < 10) digits += static_cast<char>('0' + random.below(10));
    std::string said;
    for (auto const& word : say(random, digits, random.chance(50) ? 0 : 3)) said += " " + word;
    counts.add("phone", "my phone number is" + said, Entity::Kind::phone, digits);
    said.clear();
    auto const order = digits.substr(0, static_cast<std::size_t>(random.between(5, 9)));
    for (auto const& word : say(random, order, 1)) said += " " + word;
    auto const wrong = order.substr(0, order.size() - 1) + (order.back() == '9' ? "1" : "9");
    std::string first;
    for (auto const& word : say(random, wrong, 0)) first += " " + word;
    auto const last = say(random, order.substr(order.size() - 1), 0)[0];
    bool const corrected = random.chance(30);
    counts.add("order", "the order number is" + (corrected ? first + " no sorry " + last : said), Entity::Kind::order,
               order);
  }
}

// A number said in pieces, with what the other party says between them.
struct Dictated {
  struct Turn {
    std::size_t party = 0;
    std::string words;
  };
  Entity::Kind kind = Entity::Kind::order;
  std::string value;
  std::vector<Turn> turns;
  std::size_t last = 0;  // the turn that ends it

  std::string script() const {
    std::string out;
    for (auto const& turn : turns) out += (turn.party == 0 ? " / C: " : " / A: ") + turn.words;
    return out;
  }
};

struct Named {
  Entity::Kind kind;
  std::vector<std::string> asks, carriers;
};

std::string number_of(Random& random, Entity::Kind kind) {
  std::string out;
  std::size_t size = static_cast<std::size_t>(random.between(5, 12));
  if (kind == Entity::Kind::phone) {
    static std::vector<std::string> const heads = {"415", "212", "303", "650", "0207946", "0161496", "07700900"};
    out = random.pick(heads);
    size = out[0] == '0' ? 11 : 10;
    if (out[0] != '0') out += static_cast<char>('2' + random.below(8));
  }
  while (out.size() < size) out += static_cast<char>('0' + random.below(10));
  return out;
}

Dictated dictated(Random& random) {
  static std::vector<Named> const kinds = {
      {Entity::Kind::order,
       {"What is your order number?", "Do you have the order number?", "Can I take the booking number please?"},
       {"my order number is", "it's about order number", "the tracking number is"}},
      {Entity::Kind::ticket,
       {"Do you have a ticket number?", "What's the case number?", "And the reference?"},
       {"my ticket number is", "the case number is", "the reference is"}},
      {Entity::Kind::phone,
       {"What's the best phone number for you?", "Can I have a number to call you back?", "And your mobile?"},
       {"my phone number is", "you can reach me on", "my mobile is"}},
      {Entity::Kind::account,
       {"What is your account number?", "Can you confirm the account number?", "And your customer number?"},
       {"my account number is", "the customer number is", "account number"}}};
  static std::vector<std::string> const nods = {"Mm-hmm.",       "Okay.",
                                                "Go on.",        "Yes.",
                                                "Uh-huh.",       "Got it.",
                                                "Right.",        "Yep, go ahead.",
                                                "And the rest?", "Thank you, and then?"},
                                        answers = {"it's", "yes it's",     "sure,",          "",
                                                   "",     "okay, that's", "of course, it's"},
                                        sorry = {"no, sorry,", "sorry,", "no wait,", "no, I mean", "uh no,"};
  auto const& named = random.pick(kinds);
  Dictated out{.kind = named.kind, .value = number_of(random, named.kind), .turns = {}};
  auto const style = static_cast<int>(random.below(6));
  // "thirty three" for 303 is left out: nobody could tell.
  auto const said = [&](std::string const& digits) {
    std::string text;
    bool unclear = false;
    for (auto const& word : say(random, digits, style)) {
      unclear = unclear || (text.ends_with("ty") && !word.ends_with("ty") && word != "oh" && word != "zero");
      text += (text.empty() ? "" : " ") + word;
    }
    if (!unclear) return text;
    text.clear();
    for (auto const& word : say(random, digits, 0)) text += (text.empty() ? "" : " ") + word;
    return text;
  };
  bool const asked = random.chance(65);
  if (asked) out.turns.push_back({1, random.pick(named.asks)});
  auto carrier = random.pick(asked ? answers : named.carriers);
  auto const between = random.below(3);  // echo, nods, nothing
  bool const corrects = random.chance(25);
  auto const groups = static_cast<std::size_t>(random.between(2, 4));
  auto const& all = out.value;
  for (std::size_t at = 0, n = 0; at < all.size(); at += n) {
    n = std::min(all.size() - at, std::max<std::size_t>(2, (all.size() + groups - 1) / groups));
    auto const part = all.substr(at, n);
    bool const last = at + n >= all.size();
    bool const wrong = corrects && (last || random.chance(30));
    auto heard = part;
    if (wrong) heard.back() = static_cast<char>('0' + (heard.back() - '0' + random.between(1, 9)) % 10);
    out.turns.push_back({0, carrier + (carrier.empty() ? "" : " ") + said(heard) + (random.chance(50) ? "." : "")});
    carrier = random.chance(15) ? "and then" : "";
    bool const echo = between == 0 || (wrong && random.chance(50));
    if (echo && (!last || wrong)) out.turns.push_back({1, (random.chance(40) ? "got it, " : "") + said(heard)});
    else if (between == 1 && !last) out.turns.push_back({1, random.pick(nods)});
    if (wrong) {
      bool const whole = random.chance(50);
      out.turns.push_back({0, random.pick(sorry) + " " + said(whole ? part : part.substr(part.size() - 1))});
    }
  }
  out.last = out.turns.size() - 1;
  out.turns.push_back({1, "Thank you, let me look that up for you."});
  return out;
}

void over_turns(std::uint64_t seed, bool show) {
  Random random(seed * 3'000'017);
  std::map<std::string, std::pair<long, long>> of;
  long hits = 0, all = 0, parts = 0;
  for (int i = 0; i < 2000; ++i) {
    auto const wanted = dictated(random);
    language::MultiTurnEntities dictations;
    std::int64_t at = 0;
    bool hit = false, part = false;
    std::string got;
    for (std::size_t turn = 0; turn < wanted.turns.size(); ++turn) {
      std::vector<language::HeardWord> words;
      at += random.between(300, 2500);
      for (auto const& word : split(wanted.turns[turn].words)) words.push_back({word, at, at + 330}), at += 330;
      for (auto const& entity : dictations.push(wanted.turns[turn].party, words)) {
        bool const right = entity.kind == wanted.kind && entity.value == wanted.value;
        bool const valid = wanted.kind != Entity::Kind::phone || entity.valid == language::in_number_plan(wanted.value);
        if (turn == wanted.last) hit = hit || (right && valid);
        else part = part || entity.kind == wanted.kind;
        got += fmt::format(" [{} {}]", language::name(entity.kind), entity.value);
      }
    }
    hits += hit;
    ++all;
    parts += part;
    auto& [kind_hits, kind_all] = of[language::name(wanted.kind)];
    kind_hits += hit;
    ++kind_all;
    if (show && !hit)
      std::fprintf(stderr, "over turns:%s\n   wanted %s, got%s\n", wanted.script().c_str(), wanted.value.c_str(),
                   got.c_str());
  }
  for (auto const& [type, counts] : of)
    std::puts(share("spoken", "recall_over_turns_of_type", counts.first, counts.second,
                    fmt::format(R"(,"type":"{}","seed":{})", type, seed))
                  .c_str());
  std::puts(share("spoken", "recall_over_turns", hits, all, fmt::format(R"(,"aim":0.97,"seed":{})", seed)).c_str());
  // An entity of an earlier turn, or of a turn that was corrected, told what was not all of it.
  std::puts(share("spoken", "told_in_parts", parts, all, fmt::format(R"(,"seed":{})", seed)).c_str());
}

int run(int argc, char** argv) {
  std::uint64_t seed = 2;
  Counts counts;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) seed = std::strtoull(argv[++i], nullptr, 10);
    else if (std::strcmp(argv[i], "--show") == 0) counts.show = true;
  }
  auto const* data = std::getenv("SOTTO_DATA");
  if (data) nemo(counts, data);
  Random random(seed);
  generated(counts, random);
  long hits = 0, all = 0;
  for (auto const& [type, of] : counts.of) {
    hits += of.first;
    all += of.second;
    std::puts(
        share("spoken", "recall_of_type", of.first, of.second, fmt::format(R"(,"type":"{}","seed":{})", type, seed))
            .c_str());
  }
  std::puts(share("spoken", "recall", hits, all, fmt::format(R"(,"floor":0.97,"aim":0.995,"seed":{})", seed)).c_str());
  over_turns(seed, counts.show);
  return 0;
}

}  // namespace
}  // namespace sotto::eval

int main(int argc, char** argv) { return sotto::eval::run(argc, argv); }
