// Which numbers are hidden in whose calls, beside cards and their codes, which always are (docs/entities.md).
//
//   masked:
//     - { tenant: acme, kinds: [iban, identity] }   # its agents see account numbers
//     - { kinds: [account, iban, identity] }        # every other tenant; so it is without the setting
#pragma once

#include <string>

#include "live/transcript/card_gate.h"

namespace YAML {
class Node;
}

namespace sotto::app {

// Throws YAML::Exception, with its place, on what is wrong.
transcript::Masking read_masking(YAML::Node const& node);
std::string print_masking(transcript::Masking const& masking);

}  // namespace sotto::app
