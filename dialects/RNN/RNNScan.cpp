//===- RNNScan.cpp - The recurrence operation -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Accessors, syntax and verification of rnn.scan.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

using namespace mlir;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Accessors and builder
//===----------------------------------------------------------------------===//

YieldOp ScanOp::getYield() {
  return cast<YieldOp>(getBodyBlock()->getTerminator());
}

ValueRange ScanOp::getInputArgs() {
  return getBodyBlock()->getArguments().take_front(getInputs().size());
}

ValueRange ScanOp::getStateArgs() {
  return getBodyBlock()->getArguments().drop_front(getInputs().size());
}

ResultRange ScanOp::getFinalStates() {
  return getResults().take_front(getNumStates());
}

ResultRange ScanOp::getStacked() {
  return getResults().drop_front(getNumStates());
}

ValueRange ScanOp::getNextStates() {
  return getYield().getValues().take_front(getNumStates());
}

ValueRange ScanOp::getStackedYields() {
  return getYield().getValues().drop_front(getNumStates());
}

void ScanOp::build(OpBuilder &builder, OperationState &state, StringRef axis,
                   bool reverse, ValueRange inputs, ValueRange inits,
                   TypeRange stackedTypes) {
  state.addOperands(inputs);
  state.addOperands(inits);
  state.addTypes(inits.getTypes());
  state.addTypes(stackedTypes);
  Properties &properties = state.getOrAddProperties<Properties>();
  properties.axis = builder.getStringAttr(axis);
  if (reverse)
    properties.reverse = builder.getUnitAttr();
  properties.operandSegmentSizes = {static_cast<int32_t>(inputs.size()),
                                    static_cast<int32_t>(inits.size())};
  Block &body = state.addRegion()->emplaceBlock();
  for (Value input : inputs)
    body.addArgument(getStepType(input.getType()), input.getLoc());
  for (Value init : inits)
    body.addArgument(init.getType(), init.getLoc());
}

//===----------------------------------------------------------------------===//
// Syntax
//===----------------------------------------------------------------------===//

/// `(%arg = %value : type, ...)`
static ParseResult
parseBindings(OpAsmParser &parser,
              SmallVectorImpl<OpAsmParser::Argument> &arguments,
              SmallVectorImpl<OpAsmParser::UnresolvedOperand> &values,
              SmallVectorImpl<Type> &types) {
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
        return failure(parser.parseArgument(arguments.emplace_back()) ||
                       parser.parseEqual() ||
                       parser.parseOperand(values.emplace_back()) ||
                       parser.parseColonType(types.emplace_back()));
      });
}

static void printBindings(OpAsmPrinter &printer, ValueRange arguments,
                          ValueRange values) {
  printer << '(';
  llvm::interleaveComma(llvm::zip(arguments, values), printer, [&](auto pair) {
    auto [argument, value] = pair;
    printer << argument << " = " << value << " : " << value.getType();
  });
  printer << ')';
}

ParseResult ScanOp::parse(OpAsmParser &parser, OperationState &result) {
  Builder &builder = parser.getBuilder();
  StringAttr axis;
  if (parser.parseAttribute(axis))
    return failure();
  result.addAttribute("axis", axis);
  if (succeeded(parser.parseOptionalKeyword("reverse")))
    result.addAttribute("reverse", builder.getUnitAttr());

  SmallVector<OpAsmParser::Argument> arguments, stateArguments;
  SmallVector<OpAsmParser::UnresolvedOperand> inputs, inits;
  SmallVector<Type> inputTypes, initTypes, stackedTypes;
  SMLoc loc = parser.getCurrentLocation();
  if (parseBindings(parser, arguments, inputs, inputTypes) ||
      parser.parseKeyword("init") ||
      parseBindings(parser, stateArguments, inits, initTypes))
    return failure();
  if (parser.parseOptionalArrowTypeList(stackedTypes) ||
      parser.resolveOperands(inputs, inputTypes, loc, result.operands) ||
      parser.resolveOperands(inits, initTypes, loc, result.operands))
    return failure();
  result.addAttribute(
      "operandSegmentSizes",
      builder.getDenseI32ArrayAttr({static_cast<int32_t>(inputs.size()),
                                    static_cast<int32_t>(inits.size())}));
  result.addTypes(initTypes);
  result.addTypes(stackedTypes);

  for (auto [argument, type] : llvm::zip(arguments, inputTypes)) {
    if (!isa<RankedTensorType>(type) || !isSequence(type))
      return parser.emitError(loc, "expected a sequence to scan, got ") << type;
    argument.type = getStepType(type);
  }
  for (auto [argument, type] : llvm::zip(stateArguments, initTypes))
    argument.type = type;
  arguments.append(stateArguments);
  return failure(parser.parseRegion(*result.addRegion(), arguments) ||
                 parser.parseOptionalAttrDict(result.attributes));
}

void ScanOp::print(OpAsmPrinter &printer) {
  printer << ' ' << getAxisAttr();
  if (getReverse())
    printer << " reverse";
  printer << ' ';
  printBindings(printer, getInputArgs(), getInputs());
  printer << " init ";
  printBindings(printer, getStateArgs(), getInits());
  if (getNumStacked() != 0) {
    printer << " -> ";
    printer << '(';
    llvm::interleaveComma(getStacked().getTypes(), printer);
    printer << ')';
  }
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                {"axis", "reverse", "operandSegmentSizes"});
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

static LogicalResult verifyTypes(ScanOp scan, StringRef what,
                                 TypeRange expected, TypeRange got) {
  for (auto [index, pair] : llvm::enumerate(llvm::zip(expected, got))) {
    auto [want, have] = pair;
    if (want != have)
      return scan.emitOpError("expected ")
             << what << " " << index << " of type " << want << ", got " << have;
  }
  return success();
}

LogicalResult ScanOp::verify() {
  for (Value input : getInputs())
    if (!isSequence(input.getType()) ||
        ::rnnc::rnn::getAxis(input.getType()) != getAxis())
      return emitOpError("expected inputs over axis ")
             << getAxisAttr() << ", got " << input.getType();
  if (getBodyBlock()->getNumArguments() !=
      getInputs().size() + getInits().size())
    return emitOpError("expected a region argument for each input and state");
  auto yield = dyn_cast<YieldOp>(getBodyBlock()->getTerminator());
  if (!yield || yield.getValues().size() != getNumResults())
    return emitOpError("expected a yield of ")
           << getNumResults() << " values: next states, then stacked ones";
  SmallVector<Type> steps, stacked;
  for (Value input : getInputs())
    steps.push_back(getStepType(input.getType()));
  for (Value value : getStackedYields()) {
    if (!isBatch(value.getType()))
      return emitOpError("expected stacked values of batch level, got ")
             << value.getType();
    stacked.push_back(getStackedType(value.getType(), getAxis()));
  }
  return failure(
      failed(verifyTypes(*this, "step", steps, getInputArgs().getTypes())) ||
      failed(verifyTypes(*this, "state", getInits().getTypes(),
                         getStateArgs().getTypes())) ||
      failed(verifyTypes(*this, "next state", getInits().getTypes(),
                         getNextStates().getTypes())) ||
      failed(verifyTypes(*this, "stacked result", stacked,
                         getStacked().getTypes())));
}
