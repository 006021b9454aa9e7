#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lotse {

/// Many short strings in few allocations, each named by 32 bits. A UUID or 32 hexadecimal digits (lower case,
/// as senders write them) take 16 bytes instead of their text.
class StringArena {
 public:
  using Ref = std::uint32_t;             ///< in units of 4 bytes: 16 GiB in all (asserted)
  using Scratch = std::array<char, 36>;  ///< room for a text that is stored in another form
  static constexpr std::size_t length_max = 65'535;

  /// Requires text of at most length_max bytes (asserted).
  [[nodiscard]] Ref add(std::string_view text);
  /// Puts `text` where `ref` is, if it fits there; else anew. `ref` is dead afterwards.
  [[nodiscard]] Ref replace(Ref ref, std::string_view text);
  /// Overwrites the text with zeros; it is empty then.
  void wipe(Ref ref);
  /// The text of `ref`; valid until `scratch` changes or the arena is written.
  [[nodiscard]] std::string_view text(Ref ref, Scratch& scratch) const;
  [[nodiscard]] bool equals(Ref ref, std::string_view text) const;

  [[nodiscard]] std::size_t bytes() const;

  /// What is used, chunk by chunk; the way back is restore().
  [[nodiscard]] std::vector<std::string_view> chunks() const;
  /// False if `used` cannot be a chunk.
  [[nodiscard]] bool restore(std::string_view used);

 private:
  static constexpr std::size_t unit = 4;
  static constexpr std::size_t chunk_units = std::size_t{1} << 16U;
  static constexpr std::size_t chunk_bytes = chunk_units * unit;

  struct Chunk {
    std::unique_ptr<char[]> data;
    std::size_t used = 0;
  };

  [[nodiscard]] std::size_t room(Ref ref) const;  ///< bytes that its text takes
  [[nodiscard]] char* at(Ref ref) {
    return chunks_[ref / chunk_units].data.get() + (ref % chunk_units) * unit;
  }
  [[nodiscard]] const char* at(Ref ref) const {
    return chunks_[ref / chunk_units].data.get() + (ref % chunk_units) * unit;
  }

  std::vector<Chunk> chunks_;
};

}  // namespace lotse
