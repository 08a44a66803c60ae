mkdir -p ../serve/work && cd ../serve/work
git init -q
mkdir -p sub/deep
echo one >file
echo inside >sub/inside
echo deep >sub/deep/deep
printf '#!/bin/sh\n' >run.sh
chmod 755 run.sh
ln -s file link
printf 'FROM scratch\nCOPY . /all/\nLABEL from=git\n' >Dockerfile
printf 'FROM scratch\nCOPY . /all/\nLABEL from=sub\n' >sub/Dockerfile
git add . && git commit -qm first
git tag v1
FIRST=$(git rev-parse HEAD)
git checkout -qb side && echo side >side && git add side && git commit -qm side
git checkout -q main
echo two >file && git commit -qam second
git tag -a -m annotated v2
cd ..
git clone -q --bare work repo.git
rm -rf work
