# The lists of wheels of the stack in the tree agree; what does not is found and named: a package that an input asks for and its
# list lacks, and one in two versions in the lists of one image.
. "$E2E_LIB"
need python3 python3
check=$E2E_SOURCE/stacks/dynamo/scripts/check-requirements
requirements=$E2E_SOURCE/stacks/dynamo/requirements
"$check" "$requirements"

cp -r "$requirements" lacking
echo pytest >>lacking/none.in
fails_with 1 "$check" lacking
grep -q "none.lock lacks pytest, which none.in asks for" stderr.log

cp -r "$requirements" twice
printf 'numpy==0.1 \\\n    --hash=sha256:%064d\n' 0 >>twice/none-test.lock
fails_with 1 "$check" twice
grep -q "numpy: .* in none.lock, 0.1 in none-test.lock" stderr.log
