#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journey/findings.hpp"
#include "engine/journey/workspace.hpp"

namespace lotse::yaml {

struct Node;

struct Entry {
  const Node* key;  ///< always a scalar
  const Node* value;
};

enum class Kind : std::uint8_t { null, scalar, sequence, mapping };

/// What a plain scalar means by YAML 1.2's core schema; a quoted or block one is always text. `on`, `NO` and
/// `yes` are text.
enum class ScalarType : std::uint8_t { text, integer, number, boolean };

/// One node of a YAML document, as it stands in the text. An alias is the node that it names, so nodes may
/// have several parents; there are no cycles.
struct Node {
  Kind kind = Kind::null;
  bool plain = true;    ///< of a scalar: neither quoted nor a block
  bool flow = false;    ///< of a sequence or mapping: written with brackets
  bool written = true;  ///< of null: `~` or `null` rather than nothing at all
  Mark mark;
  std::string text;  ///< of a scalar
  std::vector<const Node*> items;
  std::vector<Entry> entries;
  std::uint32_t size = 1;  ///< nodes in it, itself and what aliases repeat included

  /// The value under `key` of a mapping; nullptr where there is none or this is no mapping.
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] const Entry* find_entry(std::string_view key) const;
  [[nodiscard]] ScalarType scalar_type() const;
};

class Document {
 public:
  [[nodiscard]] const Node& root() const { return *root_; }

 private:
  friend class Builder;
  std::deque<Node> nodes_;  // a deque: nodes keep their address
  const Node* root_ = nullptr;
};

/// Reads one YAML 1.2 document within limits that hold while parsing, not after it. Duplicate keys, merge
/// keys, tags, further documents and numbers that YAML 1.1 and 1.2 read differently are findings. Nothing
/// when there is an error (codes J001 to J009). An empty file is a null. Never throws; the stack does not
/// grow with the text.
///
/// `findings.text()` is read; a UTF-8 byte order mark must have been cut off.
[[nodiscard]] std::optional<Document> parse(Findings& findings, const FileLimits& limits);

/// The place in the file of byte `offset` of a scalar's text, through quotes, escapes, folds and block
/// indentation.
[[nodiscard]] Mark place_in_scalar(const Findings& findings, const Node& scalar, std::size_t offset);

/// Cuts a UTF-8 byte order mark off.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view text);

}  // namespace lotse::yaml
