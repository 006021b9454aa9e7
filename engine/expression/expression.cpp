#include "engine/expression/expression.hpp"

#include <utility>

#include "engine/expression/compiler.hpp"
#include "engine/expression/evaluator.hpp"
#include "engine/expression/operators.hpp"
#include "engine/expression/program.hpp"
#include "engine/expression/syntax.hpp"

namespace lotse {

const Value* Activation::member(std::uint32_t variable, std::string_view key, Value& made) const {
  const Value* whole = this->variable(variable, made);
  return whole == nullptr ? nullptr : whole->find(key);
}

tl::expected<Expression, std::vector<ExpressionError>> Expression::compile(std::string_view source,
                                                                           const Environment& environment,
                                                                           const ExpressionLimits& limits) {
  auto program = std::make_shared<Program>();
  program->source = std::string(source);
  program->limits = limits;
  const auto syntax = cel::parse(program->source, limits);
  if (!syntax) return tl::make_unexpected(std::vector<ExpressionError>{syntax.error()});
  auto mistakes = cel::Compiler(*syntax, environment, *program).run();
  if (!mistakes.empty()) return tl::make_unexpected(std::move(mistakes));
  return Expression(std::move(program));
}

tl::expected<Value, EvaluationError> Expression::evaluate(const Activation& activation) const {
  cel::Run run(*program_, activation, program_->limits.steps, true);
  Value made;
  const Value* value = run.evaluate(program_->root, made);
  // A list of one list twice, of that twice, … is small here and boundless for whoever prints it.
  if (value != nullptr && cel::walk(*value, run.budget())) return *value;
  if (run.budget().exhausted())
    return tl::make_unexpected(EvaluationError{"step limit reached", run.failure().offset});
  return tl::make_unexpected(std::move(run.failure()));
}

std::optional<bool> Expression::holds(const Activation& activation) const {
  cel::Run run(*program_, activation, program_->limits.steps, false);
  const cel::Truth truth = run.truth(program_->root);
  return truth == cel::Truth::failed ? std::nullopt : std::optional(truth == cel::Truth::yes);
}

const std::string& Expression::source() const { return program_->source; }
const Type& Expression::type() const { return program_->type; }
const std::vector<Expression::Reference>& Expression::references() const { return program_->references; }
const std::optional<Value>& Expression::constant() const { return program_->constant; }

}  // namespace lotse
