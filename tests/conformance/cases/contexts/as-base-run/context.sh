mkdir -p ../tree/bin ../tree/d
cp "$(command -v busybox)" ../tree/bin/sh
chmod 755 ../tree/bin/sh
echo x >../tree/d/f
