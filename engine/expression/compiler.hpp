#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/functions.hpp"
#include "engine/expression/program.hpp"
#include "engine/expression/syntax.hpp"

namespace lotse::cel {

/// Resolves names, checks types and writes the Program, folding what does not depend on the activation.
class Compiler {
 public:
  Compiler(const Syntax& syntax, const Environment& environment, Expression::Program& program)
      : syntax_(syntax),
        environment_(environment),
        program_(program),
        fold_steps_left_(program.limits.fold_steps) {}

  /// Fills the program; all mistakes, in order of their offset.
  [[nodiscard]] std::vector<ExpressionError> run();

 private:
  /// A node in the program, and what is known about it.
  struct Compiled {
    std::uint32_t node = 0;
    Type type;
    bool reads_activation = false;
    /// The lowest local slot it reads that is set outside of it; no_local where there is none.
    std::uint32_t outer_local = no_local;
  };
  static constexpr std::uint32_t no_local = UINT32_MAX;

  struct Local {
    std::string_view name;
    Type type;
  };
  /// A variable named by the head of a path, and how many of the path's parts name it.
  struct Found {
    std::uint32_t variable;
    std::size_t parts;
  };
  /// `a.b["c"]` as its identifier and the keys after it.
  struct Path {
    std::vector<std::string_view> parts;
    std::vector<SyntaxId> nodes;  ///< the syntax node that ends with each part
    bool global = false;
  };

  // compiler.cpp: the kinds of nodes
  Compiled compile(SyntaxId id);
  Compiled compile_literal(const SyntaxNode& node);
  Compiled compile_index(SyntaxId id);
  Compiled compile_list(const SyntaxNode& node);
  Compiled compile_map(const SyntaxNode& node);
  Compiled compile_unary(const SyntaxNode& node);
  Compiled compile_logical(const SyntaxNode& node);
  Compiled compile_conditional(const SyntaxNode& node);
  Compiled compile_binary(const SyntaxNode& node);
  Type binary_type(const SyntaxNode& node, Op op, const Type& left, const Type& right);
  void want_condition(const SyntaxNode& node, const Type& type, std::string_view user);

  Compiled emit(Op op, std::uint32_t offset, Type type, const std::vector<Compiled>& children,
                std::uint32_t a = 0, std::uint32_t b = 0);
  Compiled emit_literal(std::uint32_t offset, Type type, Value value);
  Compiled emit_failure(std::uint32_t offset, std::string message);
  /// Emits a node that cannot be meant; the mistake is told instead.
  Compiled emit_mistake(std::uint32_t offset, std::string message, std::string hint = {});
  Compiled fold(Compiled made);
  [[nodiscard]] bool folds() const { return program_.limits.fold_steps > 0; }
  [[nodiscard]] const Value* literal(const Compiled& made) const;
  std::uint32_t name_index(std::string_view name);
  /// Told only where types are checked.
  void mistake(std::uint32_t offset, std::string message, std::string hint = {});
  /// Told in any case.
  void structural_mistake(std::uint32_t offset, std::string message, std::string hint = {});
  [[nodiscard]] const SyntaxNode& at(SyntaxId id) const { return syntax_.nodes[id]; }

  // compiler_names.cpp: variables, fields, keys
  Compiled compile_path(SyntaxId id);
  Compiled compile_select(const SyntaxNode& node, Compiled operand, std::string_view name, bool only_ask);
  Compiled compile_has(const SyntaxNode& call);
  Compiled read_variable(const Found& found, const Path& path, std::size_t wanted, bool only_ask);
  Compiled read_local(const Path& path, std::size_t slot, bool only_ask);
  Compiled select_parts(Compiled made, const Path& path, std::size_t from, bool only_ask);
  Compiled unknown_name(const Path& path);
  Compiled unknown_field(const Environment::Variable& record, const SyntaxNode& node, std::string_view name);
  [[nodiscard]] std::optional<Path> path_of(SyntaxId id) const;
  [[nodiscard]] std::optional<Found> find_variable(const Path& path) const;
  [[nodiscard]] std::optional<std::uint32_t> variable_named(std::string_view name) const;
  [[nodiscard]] std::optional<std::size_t> local_named(std::string_view name) const;
  [[nodiscard]] const std::string* absent_reason(std::string_view name) const;
  /// For `visits.call-back`, where `call-back` is a field: that name.
  [[nodiscard]] std::string_view hyphenated_field(const Environment::Variable& record,
                                                  const SyntaxNode& node) const;

  // compiler_calls.cpp: functions and macros
  Compiled compile_call(SyntaxId id);
  Compiled compile_function(const SyntaxNode& node, std::string_view name, bool receiver, std::size_t skip);
  Compiled compile_matches(const SyntaxNode& node, const std::vector<Compiled>& arguments);
  std::optional<Compiled> compile_macro(const SyntaxNode& node);
  Compiled compile_comprehension(const SyntaxNode& node, Op op, std::size_t variables, bool transforms);
  Compiled compile_bind(const SyntaxNode& node);
  Compiled unknown_function(const SyntaxNode& node, std::string_view name, bool receiver);
  Compiled misused_macro(const SyntaxNode& node);
  Compiled wrong_arguments(const SyntaxNode& node, std::string_view name, bool receiver,
                           const std::vector<Compiled>& arguments);
  void check_literals(const SyntaxNode& node, std::string_view name, bool receiver, std::size_t skip,
                      const std::vector<Compiled>& arguments);
  /// `math.abs(x)` parses as a call on `math`: the function's whole name, where `math` is no variable but the
  /// namespace of functions.
  [[nodiscard]] std::optional<std::string> qualified_function(const SyntaxNode& node) const;
  std::uint32_t function_index(Implementation function);

  const Syntax& syntax_;
  const Environment& environment_;
  Expression::Program& program_;
  std::vector<Local> locals_;
  std::vector<ExpressionError> mistakes_;
  std::uint32_t fold_steps_left_;   ///< of all folding together
  std::uint32_t explained_to_ = 0;  ///< unknown names up to this offset belong to a mistake that is told
};

/// "did you mean `appointment`?" for the candidate nearest to `word`, or empty.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

}  // namespace lotse::cel
